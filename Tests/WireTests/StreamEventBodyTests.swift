import DecisionCore
import Testing
import Wire

@Suite struct StreamEventBodyTests {
    @Test func `The documented body has exactly these bytes`() throws {
        #expect(String(decoding: StreamEvent.example.encodedBody(), as: UTF8.self) == StreamEvent.exampleBody)
        #expect(try StreamEvent(decodingBody: Array(StreamEvent.exampleBody.utf8)) == .example)
    }

    @Test func `What is unknown is left out, and anomalies are named`() throws {
        var event = StreamEvent.example
        event.bitrate = nil
        event.codec = nil
        event.anomalies = [.malformedBitrate, .unknownCodec]
        let body = String(decoding: event.encodedBody(), as: UTF8.self)
        #expect(body.hasSuffix(#""stream":"teststream","anomalies":["malformed_vbitrate","unknown_codec"]}"#))
        #expect(try StreamEvent(decodingBody: Array(body.utf8)) == event)
    }

    @Test func `Any event comes back as it was`() throws {
        var draw = Draw(seed: 110)
        for _ in 0..<5_000 {
            let event = StreamEvent(
                id: draw.eventID(),
                receivedAt: draw.timestamp(),
                domain: draw.text(1...255),
                app: draw.text(1...255),
                stream: draw.text(1...255),
                bitrate: draw.bool() ? nil : draw.integer(0...Int(Int32.max)),
                codec: draw.element([nil, .h264, .h265]),
                anomalies: EventAnomaly.allCases.filter { _ in draw.bool() }
            )
            let read = try StreamEvent(decodingBody: event.encodedBody())
            #expect(read == event)
            // Equality of strings overlooks different bytes.
            #expect(read.stream.utf8.elementsEqual(event.stream.utf8))
        }
    }

    @Test func `Members may come in any order, and unknown ones are passed over`() throws {
        let body = #"""
            {"later":{"deep":[1,{"x":null}]},"codec":"h264","vbitrate":2000,"stream":"teststream","app":"test123",
             "domain":"test.com","received_at":1700000000000,"id":"018BCFE5-6800-7ABC-8123-456789ABCDEF","schema":1,
             "anomalies":["from_a_later_version"]}
            """#
        #expect(try StreamEvent(decodingBody: Array(body.utf8)) == .example)
    }

    /// A body of which one thing is replaced, and what is wrong with it then.
    private static let faults: [(String, String, WireError.Code, String)] = [
        (#""schema":1,"#, "", .missingField, "schema"),
        (#""schema":1"#, #""schema":2"#, .unknownSchema, "2"),
        (#""schema":1"#, #""schema":0"#, .unknownSchema, "0"),
        (#""schema":1"#, #""schema":-1"#, .unknownSchema, "-1"),
        (#""received_at":1700000000000,"#, "", .missingField, "received_at"),
        (#""domain":"test.com","#, "", .missingField, "domain"),
        (#""app":"test123","#, "", .missingField, "app"),
        (#""stream":"teststream","#, "", .missingField, "stream"),
        (#""id":"018bcfe5-6800-7abc-8123-456789abcdef","#, "", .missingField, "id"),
        ("018bcfe5-6800-7abc", "018bcfe5-6800-4abc", .invalidField, "id"),
        ("018bcfe5-6800-7abc", "", .invalidField, "id"),
        (#""test.com""#, #""""#, .invalidField, "domain"),
        (#""test123""#, #""a\u0000b""#, .invalidField, "app"),
        ("teststream", String(repeating: "x", count: 256), .invalidField, "stream"),
        ("teststream", String(repeating: "日", count: 86), .invalidField, "stream"),
        (#""vbitrate":2000"#, #""vbitrate":-1"#, .invalidField, "vbitrate"),
        (#""vbitrate":2000"#, #""vbitrate":2147483648"#, .invalidField, "vbitrate"),
        (#""h264""#, #""av1""#, .invalidField, "codec"),
    ]

    @Test(arguments: faults)
    func `A fault is named by its field`(part: String, replacement: String, code: WireError.Code, detail: String) throws
    {
        try #require(StreamEvent.exampleBody.contains(part))
        let body = StreamEvent.exampleBody.replacing(part, with: replacement)
        #expect(throws: WireError(code, detail)) { try StreamEvent(decodingBody: Array(body.utf8)) }
    }

    @Test(arguments: [
        (#""schema":1"#, #""schema":"1""#),
        (#""schema":1"#, #""schema":1.0"#),
        (#""vbitrate":2000"#, #""vbitrate":"2000""#),
        (#""vbitrate":2000"#, #""vbitrate":null"#),
        (#""vbitrate":2000"#, #""vbitrate":1e3"#),
        (#""received_at":1700000000000"#, #""received_at":99999999999999999999"#),
        (#""domain":"test.com""#, #""domain":7"#),
        (#""app":"test123""#, #""app":["test123"]"#),
        (#""codec":"h264""#, #""codec":"h264","codec":"h264""#),
        (#""codec":"h264""#, #""anomalies":"none""#),
        (#"{"schema""#, #"[{"schema""#),
        (#""h264"}"#, #""h264"} x"#),
    ])
    func `A body of other types, or no JSON, is malformed`(part: String, replacement: String) throws {
        try #require(StreamEvent.exampleBody.contains(part))
        let body = StreamEvent.exampleBody.replacing(part, with: replacement)
        let error = try #require(throws: WireError.self) { try StreamEvent(decodingBody: Array(body.utf8)) }
        #expect(error.code == .malformedBody)
    }

    @Test func `A body of a later schema is unknown, not malformed, however it looks`() {
        let body = #"{"schema":2,"id":{"high":1},"domain":5}"#
        #expect(throws: WireError(.unknownSchema, "2")) { try StreamEvent(decodingBody: Array(body.utf8)) }
    }

    @Test func `Names of 255 bytes are the longest`() throws {
        var event = StreamEvent.example
        event.stream = String(repeating: "日", count: 85)
        #expect(try StreamEvent(decodingBody: event.encodedBody()) == event)
    }

    @Test func `An error shows no value of the body`() throws {
        let body = StreamEvent.exampleBody.replacing(#""app":"test123""#, with: #""app":"se\cret""#)
        let error = try #require(throws: WireError.self) { try StreamEvent(decodingBody: Array(body.utf8)) }
        #expect(error.description.hasPrefix("malformed_body: an unknown escape at byte"))
        #expect(!error.description.contains("cret"))
    }
}
