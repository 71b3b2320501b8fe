import DecisionCore
import Testing

@testable import CallbackGateway

@Suite struct IngestFieldsTests {
    /// A second after the end of 2020.
    private static let receivedAt = Timestamp(millisecondsSinceEpoch: 1_609_459_200_000)

    private static let required = "action=publish&app=i&appname=a&id=s&time=1"

    private static func status(form: String) throws -> IngestStatus {
        var fields = IngestFields()
        fields.addForm(form.utf8)
        return try status(fields)
    }

    private static func status(json: String) throws -> IngestStatus {
        var fields = IngestFields()
        try fields.addJSON(Array(json.utf8))
        return try status(fields)
    }

    private static func status(_ fields: IngestFields) throws -> IngestStatus {
        guard case .ingest(let status) = try fields.content(receivedAt: receivedAt) else { throw WrongKind() }
        return status
    }

    private struct WrongKind: Error {}

    /// What the platform's documentation shows, after the question mark.
    @Test func `In the documented example app is the ingest domain, appname the application and id the stream`() throws
    {
        let status = try Self.status(
            form: """
                action=publish&ip=192.168.XX.XX&id=world&app=example.aliyundoc.com&appname=liveApp&time=1609220385\
                &usrargs={user args}&node=cdnvideocenter010207116011.cm3&height=720&width=1280
                """
        )
        #expect(
            status
                == IngestStatus(
                    action: .publish,
                    ingestDomain: "example.aliyundoc.com",
                    app: "liveApp",
                    stream: "world",
                    time: 1_609_220_385,
                    clientIP: "192.168.XX.XX",
                    pushArguments: "{user args}",
                    node: "cdnvideocenter010207116011.cm3",
                    height: 720,
                    width: 1_280
                )
        )
    }

    @Test func `A stream that ends has no picture, and what is not known is absent`() throws {
        let status = try Self.status(form: "action=publish_done&app=i&appname=a&id=s&time=0")
        #expect(status == IngestStatus(action: .publishDone, ingestDomain: "i", app: "a", stream: "s", time: 0))
    }

    @Test(arguments: ["ip", "usrargs", "node", "height", "width"])
    func `An optional parameter without a value is absent`(name: String) throws {
        let bare = try Self.status(form: Self.required)
        #expect(try Self.status(form: "\(Self.required)&\(name)=") == bare)
        #expect(try Self.status(form: "\(Self.required)&\(name)") == bare)
        let json = #"{"action":"publish","app":"i","appname":"a","id":"s","time":1,"\#(name)":null}"#
        #expect(try Self.status(json: json) == bare)
    }

    @Test(arguments: ["ip", "IP"])
    func `The address has two spellings`(name: String) throws {
        #expect(try Self.status(form: "\(Self.required)&\(name)=10.0.0.1").clientIP == "10.0.0.1")
        let json = #"{"action":"publish","app":"i","appname":"a","id":"s","time":1,"\#(name)":"::1"}"#
        #expect(try Self.status(json: json).clientIP == "::1")
    }

    @Test func `The pusher's arguments are decoded once`() throws {
        let status = try Self.status(form: "\(Self.required)&usrargs=a%3D1%26b%3D%252F")
        #expect(status.pushArguments == "a=1&b=%2F")
    }

    @Test(arguments: [#""time":7,"height":720,"width":1280"#, #""time":"7","height":"720","width":"1280""#])
    func `Numbers in JSON may be strings`(members: String) throws {
        let status = try Self.status(json: #"{"action":"publish","app":"i","appname":"a","id":"s",\#(members)}"#)
        #expect(status.time == 7)
        #expect(status.height == 720)
        #expect(status.width == 1_280)
    }

    @Test func `What the callback does not have is ignored, the names of other callbacks too`() throws {
        let status = try Self.status(form: "\(Self.required)&domain=no&stream=no&later=%FF&Action=x")
        #expect(status == IngestStatus(action: .publish, ingestDomain: "i", app: "a", stream: "s", time: 1))
    }

    @Test func `A time may be a day ahead of the clock`() throws {
        let status = try Self.status(form: "action=publish&app=i&appname=a&id=s&time=1609545600")
        #expect(status.time == 1_609_545_600)
    }

    @Test(arguments: [
        "height=x", "height=-1", "height=+720", "width=65536", "width=1.5", "width=720&width=721", "ip=1&IP=2",
        "ip=%FF", "node=%7F", "node=" + String(repeating: "x", count: 256),
    ])
    func `An optional parameter that is not right is absent`(pair: String) throws {
        #expect(try Self.status(form: "\(Self.required)&\(pair)") == Self.status(form: Self.required))
    }

    @Test(arguments: [#""height":[1]"#, #""width":-1"#, #""node":{}"#, #""ip":7"#, #""usrargs":["a"]"#])
    func `An optional member of another type is absent`(member: String) throws {
        let json = #"{"action":"publish","app":"i","appname":"a","id":"s","time":1,\#(member)}"#
        #expect(try Self.status(json: json) == Self.status(form: Self.required))
    }

    @Test func `What follows arguments that are not encoded changes nothing that came before them`() throws {
        let status = try Self.status(
            form:
                "\(Self.required)&ip=1&usrargs=k=1&app=evil&id=evil&ip=2&action=publish_done&usrargs=x&node=n&height=7"
        )
        #expect(
            status
                == IngestStatus(
                    action: .publish,
                    ingestDomain: "i",
                    app: "a",
                    stream: "s",
                    time: 1,
                    clientIP: "1",
                    pushArguments: "k=1",
                    node: "n",
                    height: 7
                )
        )
    }

    @Test func `What follows the arguments need not be the pusher's`() throws {
        #expect(
            try Self.status(form: "usrargs=k%3D1&\(Self.required)")
                == IngestStatus(
                    action: .publish,
                    ingestDomain: "i",
                    app: "a",
                    stream: "s",
                    time: 1,
                    pushArguments: "k=1"
                )
        )
    }

    @Test(arguments: [("x", 9_000, 4_096), ("%E6%97%A5", 3_000, 4_095), ("%00", 3_000, 4_095)])
    func `The user arguments are cut to 4,096 bytes, between two scalars`(part: String, count: Int, kept: Int) throws {
        let status = try Self.status(form: "\(Self.required)&usrargs=" + String(repeating: part, count: count))
        #expect(status.pushArguments?.utf8.count == kept)
    }

    /// What is put in the place of a parameter, and the fault that it is.
    private static let faults: [(String, String, BadCallback.Code, String)] = [
        ("action=publish", "", .missing, "action"),
        ("action=publish", "action=", .empty, "action"),
        ("action=publish", "action=unpublish", .unknownValue, "action"),
        ("action=publish", "action=PUBLISH", .unknownValue, "action"),
        ("app=i", "", .missing, "app"),
        ("app=i", "domain=i", .missing, "app"),
        ("appname=a", "", .missing, "appname"),
        ("id=s", "id=", .empty, "id"),
        ("id=s", "id=%0A", .controlCharacter, "id"),
        ("id=s", "id=%FF", .invalidEncoding, "id"),
        ("id=s", "id=s&id=t", .contradictory, "id"),
        ("id=s", "id=" + String(repeating: "x", count: 256), .tooLong, "id"),
        ("time=1", "", .missing, "time"),
        ("time=1", "time=", .empty, "time"),
        ("time=1", "time=x", .wrongType, "time"),
        ("time=1", "time=1.0", .wrongType, "time"),
        ("time=1", "time=1e3", .wrongType, "time"),
        ("time=1", "time=+1", .wrongType, "time"),
        ("time=1", "time=%2B1", .wrongType, "time"),
        ("time=1", "time=-", .wrongType, "time"),
        ("time=1", "time=-1", .outOfRange, "time"),
        // Milliseconds by mistake.
        ("time=1", "time=1609220385000", .outOfRange, "time"),
        ("time=1", "time=99999999999999999999", .outOfRange, "time"),
        // A day and a second after it was received.
        ("time=1", "time=1609545601", .outOfRange, "time"),
    ]

    @Test(arguments: faults)
    func `A fault is named by its parameter`(
        part: String,
        replacement: String,
        code: BadCallback.Code,
        field: String
    ) throws {
        let form = Self.required.replacing(part, with: replacement, maxReplacements: 1)
        let fault = try #require(throws: BadCallback.self) { try Self.status(form: form) }
        #expect(fault.code == code)
        #expect(fault.field == field)
        #expect(fault.message.contains(field))
    }

    @Test(arguments: [#""id":5"#, #""id":null"#, #""time":null"#, #""time":true"#, #""app":[1]"#, #""appname":{}"#])
    func `A member of another type is refused`(member: String) throws {
        let name = String(member.dropFirst().prefix { $0 != "\"" })
        let others = [#""action":"publish""#, #""app":"i""#, #""appname":"a""#, #""id":"s""#, #""time":1"#]
        let members = others.filter { !$0.hasPrefix("\"\(name)\"") } + [member]
        let fault = try #require(throws: BadCallback.self) {
            try Self.status(json: "{\(members.joined(separator: ","))}")
        }
        #expect(fault.code == .wrongType)
        #expect(fault.field == name)
    }

    @Test(arguments: [("%00a%0Ab", "\u{FFFD}a\u{FFFD}b"), ("%FF", nil), ("", nil), ("a=b%26c", "a=b&c")])
    func `Nothing that a pusher writes into the user arguments is refused`(text: String, kept: String?) throws {
        #expect(try Self.status(form: Self.required + "&usrargs=" + text).pushArguments == kept)
    }
}
