import DecisionCore
import Testing

@testable import CallbackGateway

@Suite struct RecordingFieldsTests {
    /// A minute after the documented file was complete.
    private static let receivedAt = Timestamp(millisecondsSinceEpoch: 1_488_985_900_000)

    private static func content(_ json: String) throws -> Notice.Content {
        try RecordingFields(json: Array(json.utf8)).content(receivedAt: receivedAt)
    }

    private static func file(_ json: String) throws -> RecordedFile? {
        guard case .recordedFile(let file) = try content(json) else { return nil }
        return file
    }

    /// The example of the platform's documentation.
    private static let documentedFile = """
        {"domain":"demo.aliyundoc.com","app":"liveApp","stream":"liveStream",\
        "uri":"liveApp/liveStream/0_2017-03-08-23:09:46_2017-03-08-23:10:40.flv","duration":69.403,\
        "start_time":1488985786,"stop_time":1488985840,\
        "push_args":{"callback_args1":"value1","callback_myid":"1231389741"}}
        """

    @Test func `The documented status callback is read`() throws {
        let content = try Self.content(
            #"{"domain":"gs_domain","app":"gs_app","stream":"gs_stream","event":"record_started"}"#
        )
        #expect(
            content
                == .recordingStatus(
                    RecordingStatus(domain: "gs_domain", app: "gs_app", stream: "gs_stream", event: .started)
                )
        )
    }

    @Test func `The documented file callback is read, and its duration need not be stop less start`() throws {
        #expect(
            try Self.file(Self.documentedFile)
                == RecordedFile(
                    domain: "demo.aliyundoc.com",
                    app: "liveApp",
                    stream: "liveStream",
                    uri: "liveApp/liveStream/0_2017-03-08-23:09:46_2017-03-08-23:10:40.flv",
                    durationMilliseconds: 69_403,
                    startTime: 1_488_985_786,
                    stopTime: 1_488_985_840,
                    pushArguments: ["callback_args1": "value1", "callback_myid": "1231389741"]
                )
        )
    }

    @Test(arguments: ["record_paused", "record_resumed", "record_error", "record_ended", "日本"])
    func `An event is kept as it came`(event: String) throws {
        let content = try Self.content(#"{"domain":"d","app":"a","stream":"s","event":"\#(event)"}"#)
        guard case .recordingStatus(let status) = content else {
            Issue.record("read as \(content)")
            return
        }
        #expect(status.event.rawValue == event)
    }

    @Test func `What the callbacks do not have is ignored`() throws {
        let content = try Self.content(
            #"{"domain":"d","x":{"uri":"no"},"app":"a","stream":"s","event":"e","push_args":7,"duration":"no"}"#
        )
        #expect(
            content
                == .recordingStatus(
                    RecordingStatus(domain: "d", app: "a", stream: "s", event: .init(rawValue: "e"))
                )
        )
    }

    @Test(arguments: [#""""#, "null"])
    func `An empty event or uri is none`(nothing: String) throws {
        let status = try Self.content(
            #"{"domain":"d","app":"a","stream":"s","event":"record_error","uri":\#(nothing)}"#
        )
        #expect(
            status == .recordingStatus(RecordingStatus(domain: "d", app: "a", stream: "s", event: .error))
        )
        let file = Self.documentedFile.replacing("{\"domain\"", with: "{\"event\":\(nothing),\"domain\"")
        #expect(try Self.file(file) == Self.file(Self.documentedFile))
    }

    @Test(arguments: [
        ("69.403", 69_403), (#""69.403""#, 69_403), ("0", 0), ("54", 54_000), (#""54""#, 54_000), ("0.0004", 0),
        ("0.0005", 1), ("6.9403e1", 69_403), ("69.40349", 69_403), ("69.4036", 69_404), ("-0.0", 0),
        ("604800", 604_800_000), ("604800.0004", 604_800_000),
    ])
    func `A duration is seconds with a fraction, as a number or a string`(text: String, milliseconds: Int) throws {
        let file = try Self.file(Self.documentedFile.replacing("69.403", with: text))
        #expect(file?.durationMilliseconds == milliseconds)
    }

    @Test func `Times may be strings`() throws {
        let text = Self.documentedFile
            .replacing("1488985786", with: #""1488985786""#)
            .replacing("1488985840", with: #""1488985840""#)
        #expect(try Self.file(text) == Self.file(Self.documentedFile))
    }

    private static let pushArguments = #"{"callback_args1":"value1","callback_myid":"1231389741"}"#

    @Test(arguments: [
        (#","push_args":"# + pushArguments, ""),
        (pushArguments, "null"),
        (pushArguments, "{}"),
        (pushArguments, #"{"a":null}"#),
        (pushArguments, "[]"),
        (pushArguments, #""a=b""#),
        (pushArguments, "5"),
    ])
    func `There need not be push arguments`(part: String, replacement: String) throws {
        try #require(Self.documentedFile.contains(part))
        #expect(try Self.file(Self.documentedFile.replacing(part, with: replacement))?.pushArguments == [:])
    }

    @Test func `A push argument that is a number or a truth value is kept as its text`() throws {
        let values = #"{"a":1.50,"b":true,"c":false,"d":"","e":-1e3,"f":"\"x\""}"#
        #expect(
            try Self.file(Self.documentedFile.replacing(Self.pushArguments, with: values))?.pushArguments
                == ["a": "1.50", "b": "true", "c": "false", "d": "", "e": "-1e3", "f": "\"x\""]
        )
    }

    @Test func `64 push arguments are the most`() throws {
        func members(_ count: Int) -> String { (1...count).map { "\"a\($0)\":\"\"" }.joined(separator: ",") }
        let most = Self.documentedFile.replacing(Self.pushArguments, with: "{\(members(64))}")
        #expect(try Self.file(most)?.pushArguments.count == 64)
        // The pusher chooses them: their number must not keep the file from being counted.
        let more = Self.documentedFile.replacing(Self.pushArguments, with: "{\(members(10_000))}")
        let kept = try Self.file(more)?.pushArguments
        #expect(kept.map { Set($0.keys) } == Set((1...64).map { "a\($0)" }))
    }

    @Test func `Nothing that a pusher writes into the push arguments is refused`() throws {
        let values = #"{"a\tb":"c\u0000d","":"x","\#(Self.longName)":"x","e":"f"}"#
        #expect(
            try Self.file(Self.documentedFile.replacing(Self.pushArguments, with: values))?.pushArguments
                == ["a\u{FFFD}b": "c\u{FFFD}d", "e": "f"]
        )
    }

    @Test(arguments: [
        (#"{"a":{"b":["}",{}]},"c":"d"}"#, ["c": "d"]),
        (#"{"a":[],"c":"d","e":[[[1]]]}"#, ["c": "d"]),
        (
            #"{"a":"# + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + #","c":"d"}"#,
            ["c": "d"]
        ),
        (#"{"a":"\ud800x\uDFFF","b":"\ud83d\ude00"}"#, ["a": "\u{FFFD}x\u{FFFD}", "b": "\u{1F600}"]),
        (
            #"{"a":"\ud800\ud83d\ude00\ud83d","b\udc00":"\\ud800"}"#,
            ["a": "\u{FFFD}😀\u{FFFD}", "b\u{FFFD}": #"\ud800"#]
        ),
        // Two names that the platform's encoder could not tell apart: what is no UTF-8 is U+FFFD to it.
        (#"{"a\ufffd":"1","a\ufffd":"2","a\ud800":"3"}"#, ["a\u{FFFD}": "1"]),
        (#"{"a":"\u12","b":"\q","c":tru,"d":1 2,"e":"f"}"#, ["e": "f"]),
        (#"{ "a\"}" : "b\\" , "c" : "," }"#, [#"a"}"#: #"b\"#, "c": ","]),
    ])
    func `What cannot be kept of the push arguments is left out or replaced, and the file is kept`(
        values: String,
        kept: [String: String]
    ) throws {
        #expect(
            try Self.file(Self.documentedFile.replacing(Self.pushArguments, with: values))?.pushArguments == kept
        )
    }

    @Test(arguments: [
        (String(repeating: "x", count: 4_096), 4_096), (String(repeating: "x", count: 17_000), 4_096),
        (String(repeating: "日", count: 3_000), 4_095), (String(repeating: "😀", count: 1_024) + "x", 4_096),
        (String(repeating: #"\u0001"#, count: 4_096), 4_095),
    ])
    func `A push argument is cut to 4,096 bytes, between two scalars`(value: String, length: Int) throws {
        let body = Self.documentedFile.replacing("value1", with: value)
        let kept = try #require(try Self.file(body)?.pushArguments["callback_args1"])
        #expect(kept.utf8.count == length)
        #expect(value.hasPrefix(kept) || kept.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }

    @Test func `A time may be a day ahead of the clock, and a file need not take any time`() throws {
        let latest = Self.documentedFile
            .replacing("1488985786", with: "1489072300")
            .replacing("1488985840", with: "1489072300")
        #expect(try Self.file(latest)?.stopTime == 1_489_072_300)
    }

    private static let longName = String(repeating: "x", count: 256)

    /// What is put in the place of something, and the fault that it is.
    private static let faults: [(String, String, BadCallback.Code, String)] = [
        (#""domain":"demo.aliyundoc.com","#, "", .missing, "domain"),
        (#""demo.aliyundoc.com""#, "5", .wrongType, "domain"),
        (#""liveApp","#, #""","#, .empty, "app"),
        (#""liveApp","#, "null,", .wrongType, "app"),
        (#""liveStream""#, #""\#(longName)""#, .tooLong, "stream"),
        (#""liveStream""#, #""a\u0000b""#, .controlCharacter, "stream"),
        (#""uri":"#, #""url":"#, .missing, "event"),
        (#""uri":"#, #""uri":null,"url":"#, .missing, "event"),
        (#""uri":"#, #""event":"record_started","uri":"#, .contradictory, "event"),
        (#""uri":"liveApp/"#, #""uri":"\#(String(repeating: "x", count: 1_024))"#, .tooLong, "uri"),
        (#""uri":"liveApp/"#, #""uri":"\n"#, .controlCharacter, "uri"),
        (#""duration":69.403,"#, "", .missing, "duration"),
        ("69.403", "true", .wrongType, "duration"),
        ("69.403", #""""#, .empty, "duration"),
        ("69.403", #""nan""#, .wrongType, "duration"),
        ("69.403", #""inf""#, .wrongType, "duration"),
        ("69.403", #""0x10""#, .wrongType, "duration"),
        ("69.403", #"" 69""#, .wrongType, "duration"),
        ("69.403", #""1-1""#, .wrongType, "duration"),
        ("69.403", "-1", .outOfRange, "duration"),
        ("69.403", "604800.001", .outOfRange, "duration"),
        ("69.403", "1e400", .outOfRange, "duration"),
        (#""start_time":1488985786,"#, "", .missing, "start_time"),
        ("1488985786", "1488985786.5", .wrongType, "start_time"),
        ("1488985786", "-1", .outOfRange, "start_time"),
        ("1488985840", "1488985840000", .outOfRange, "stop_time"),
        ("1488985840", "[1488985840]", .wrongType, "stop_time"),
        // A day and a second after it was received.
        ("1488985840", "1489072301", .outOfRange, "stop_time"),
        ("1488985786", "1489072301", .outOfRange, "start_time"),
        ("1488985840", "1488985785", .outOfRange, "stop_time"),
    ]

    @Test(arguments: faults)
    func `A fault is named by its member`(
        part: String,
        replacement: String,
        code: BadCallback.Code,
        field: String
    ) throws {
        try #require(Self.documentedFile.contains(part))
        let body = Self.documentedFile.replacing(part, with: replacement, maxReplacements: 1)
        let fault = try #require(throws: BadCallback.self) { try Self.content(body) }
        #expect(fault.code == code, "\(fault)")
        #expect(fault.field == field)
        #expect(fault.message.contains(field))
    }

    @Test(arguments: [
        "", "{", "[]", "null", "7", #""event""#, "domain=d&app=a", #"{"domain":"d"}{"domain":"d"}"#,
        #"{"domain":"d","domain":"d"}"#, #"{"push_args":{},"push_args":{}}"#, #"{"duration":69.}"#,
        #"{"duration":NaN}"#, #"{"push_args":{"#, #"{"push_args":{"a":"b}}"#, #"{"push_args":{}]"#,
        #"{"push_args":{},"domain":"\ud800"}"#, #"{"domain":"\ud800"}"#, "\u{FEFF}{}",
        String(repeating: #"{"x":"#, count: 40) + "1" + String(repeating: "}", count: 40),
        "{" + (0..<257).map { #""a\#($0)":1"# }.joined(separator: ",") + "}",
    ])
    func `What is no JSON object, or a hostile one, is refused as a whole`(body: String) throws {
        let fault = try #require(throws: BadCallback.self) { try Self.content(body) }
        #expect(fault.code == .malformedBody)
        #expect(fault.field == nil)
    }
}
