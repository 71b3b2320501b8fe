import DecisionCore
import Testing

@testable import CallbackGateway

@Suite struct CallbackFieldsJSONTests {
    @Test func `An object is read, and unknown members are ignored`() throws {
        let event = try CallbackFields(
            json: #"{"domain":"d","x":{"domain":"no","y":[1,{"z":null}]},"stream":"s\u00e9","app":"a"}"#
        ).event()
        #expect(event.domain == "d")
        #expect(event.app == "a")
        #expect(event.stream == "sé")
        #expect(event.bitrate == nil)
        #expect(event.codec == .h264)
    }

    @Test(arguments: [#""vbitrate": 2000"#, #""vbitrate": "2000""#])
    func `The bit rate may be a number or a string`(member: String) throws {
        let event = try CallbackFields(json: #"{"domain":"d","app":"a","stream":"s",\#(member)}"#).event()
        #expect(event.bitrate == 2_000)
        #expect(event.anomalies.isEmpty)
    }

    @Test(arguments: [
        "", " ", "null", "[]", "[{}]", "1", #""domain""#, "{", "}", #"{"domain"}"#, #"{"domain":}"#,
        #"{"domain":"d",}"#,
        #"{"domain":"d"} x"#, #"{"domain":"d"}{"domain":"d"}"#, #"{domain:"d"}"#, #"{"domain":"d}"#,
        #"{"domain":"\x"}"#,
        "{\"domain\":\"a\u{1}b\"}", #"{"domain":"\ud800"}"#, "domain=d&app=a&stream=s",
    ])
    func `What is no JSON object is refused`(body: String) {
        do throws(BadCallback) {
            _ = try CallbackFields(json: body)
            Issue.record("taken: \(body)")
        } catch {
            #expect(error.code == .malformedBody)
            #expect(error.field == nil)
        }
    }

    @Test func `A body that is not UTF-8 is refused`() {
        var fields = CallbackFields()
        let body = Array(#"{"domain":"d"#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(throws: BadCallback.self) { try fields.addJSON(body) }
    }

    @Test(arguments: ["1", "null", "true", #"["d"]"#, #"{"d":1}"#])
    func `A name of another type is named`(value: String) throws {
        let fault = try CallbackFields(json: #"{"domain":\#(value),"app":"a","stream":"s"}"#).fault()
        #expect(fault?.code == .wrongType)
        #expect(fault?.field == "domain")
    }

    @Test func `A control character behind an escape is found`() throws {
        let fault = try CallbackFields(json: #"{"domain":"d","app":"a\u0000","stream":"s"}"#).fault()
        #expect(fault?.code == .controlCharacter)
        #expect(fault?.field == "app")
    }

    @Test func `A plus and a percent sign are themselves`() throws {
        let event = try CallbackFields(json: #"{"domain":"d","app":"a","stream":"a+b%20"}"#).event()
        #expect(event.stream == "a+b%20")
    }

    @Test func `Members add to the query, and must not contradict it`() throws {
        var same = CallbackFields(form: "domain=d&app=a&vbitrate=5")
        try same.addJSON(Array(#"{"stream":"s","app":"a","vbitrate":5}"#.utf8))
        let event = try same.event()
        #expect(event.stream == "s")
        #expect(event.bitrate == 5)

        var different = CallbackFields(form: "domain=d&app=a&stream=s")
        try different.addJSON(Array(#"{"app":"b"}"#.utf8))
        #expect(different.fault()?.code == .contradictory)
        #expect(different.fault()?.field == "app")
    }
}
