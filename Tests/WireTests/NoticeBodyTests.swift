import DecisionCore
import Testing
import Wire

@Suite struct NoticeBodyTests {
    private static let examples: [(Notice, String)] = [
        (.recordingStatus, Notice.recordingStatusBody),
        (.recordedFile, Notice.recordedFileBody),
        (.ingest, Notice.ingestBody),
    ]

    @Test(arguments: examples)
    func `A body of each kind has exactly these bytes`(notice: Notice, body: String) throws {
        #expect(String(decoding: notice.encodedBody(), as: UTF8.self) == body)
        #expect(try Notice(decodingBody: Array(body.utf8)) == notice)
    }

    @Test func `What is unknown of a stream is left out`() throws {
        let notice = Notice.example(
            .ingest(IngestStatus(action: .publishDone, ingestDomain: "i", app: "a", stream: "s", time: 0))
        )
        let body = String(decoding: notice.encodedBody(), as: UTF8.self)
        #expect(
            body.hasSuffix(#""action":"publish_done","ingest_domain":"i","app":"a","stream":"s","time":0}"#)
        )
        #expect(try Notice(decodingBody: Array(body.utf8)) == notice)
    }

    @Test func `An unknown event is carried as it came`() throws {
        let notice = Notice.example(
            .recordingStatus(
                RecordingStatus(domain: "d", app: "a", stream: "s", event: .init(rawValue: "record_ended"))
            )
        )
        #expect(try Notice(decodingBody: notice.encodedBody()) == notice)
    }

    @Test func `A notice with all that may be kept comes back as it was`() throws {
        let longest = String(repeating: "日", count: Notice.maximumPushTextLength / 3)
        let arguments = (0..<RecordedFile.maximumPushArguments).map { ("\($0)", longest) }
        let latest = Notice.timeRange(receivedAt: Notice.ingest.receivedAt).upperBound
        let file = RecordedFile(
            domain: "d",
            app: "a",
            stream: "s",
            uri: "u",
            durationMilliseconds: RecordedFile.maximumDuration,
            startTime: latest,
            stopTime: latest,
            pushArguments: Dictionary(uniqueKeysWithValues: arguments)
        )
        let ingest = IngestStatus(
            action: .publish,
            ingestDomain: "i",
            app: "a",
            stream: "s",
            time: latest,
            pushArguments: longest
        )
        for notice in [Notice.example(.recordedFile(file)), .example(.ingest(ingest))] {
            #expect(try Notice(decodingBody: notice.encodedBody()) == notice)
        }
    }

    @Test func `Any notice comes back as it was`() throws {
        var draw = Draw(seed: 330)
        for _ in 0..<3_000 {
            let notice = draw.notice()
            #expect(try Notice(decodingBody: notice.encodedBody()) == notice)
        }
    }

    @Test func `Members may come in any order, and unknown ones are passed over`() throws {
        let body = #"""
            {"later":[{"x":null}],"event":"record_started","stream":"gs_stream","app":"gs_app","domain":"gs_domain",
             "received_at":1700000000123,"id":"018BCFE5-6800-7ABC-8123-456789ABCDEF","kind":"recording_status",
             "schema":1}
            """#
        #expect(try Notice(decodingBody: Array(body.utf8)) == .recordingStatus)
    }

    /// A body of which one thing is replaced, and what is wrong with it then.
    private static let faults: [(String, String, String, WireError.Code, String)] = [
        (Notice.recordingStatusBody, #""schema":1,"#, "", .missingField, "schema"),
        (Notice.recordingStatusBody, #""schema":1"#, #""schema":2"#, .unknownSchema, "2"),
        (Notice.recordingStatusBody, #""kind":"recording_status","#, "", .missingField, "kind"),
        (Notice.recordingStatusBody, #""recording_status""#, #""recording""#, .invalidField, "kind"),
        (Notice.recordingStatusBody, "018bcfe5-6800-7abc", "018bcfe5-6800-4abc", .invalidField, "id"),
        (Notice.recordingStatusBody, #""received_at":1700000000123,"#, "", .missingField, "received_at"),
        (Notice.recordingStatusBody, #""domain":"gs_domain","#, "", .missingField, "domain"),
        (Notice.recordingStatusBody, #","event":"record_started""#, "", .missingField, "event"),
        (Notice.recordingStatusBody, "record_started", "", .invalidField, "event"),
        (Notice.recordingStatusBody, "gs_app", String(repeating: "x", count: 256), .invalidField, "app"),
        (Notice.recordingStatusBody, "gs_stream", #"a\u0000b"#, .invalidField, "stream"),
        (Notice.recordedFileBody, #""duration_ms":69403,"#, "", .missingField, "duration_ms"),
        (Notice.recordedFileBody, "69403", "-1", .invalidField, "duration_ms"),
        (Notice.recordedFileBody, "69403", "604800001", .invalidField, "duration_ms"),
        (Notice.recordedFileBody, "1488985786", "-1", .invalidField, "start_time"),
        (Notice.recordedFileBody, "1488985840", "253402300800", .invalidField, "stop_time"),
        (Notice.recordedFileBody, "liveApp/liveStream/0_", String(repeating: "x", count: 1_024), .invalidField, "uri"),
        (Notice.recordedFileBody, #""callback_args1""#, #""""#, .invalidField, "push_args"),
        (Notice.recordedFileBody, #""value1""#, #""\u0000""#, .invalidField, "push_args"),
        (
            Notice.recordedFileBody, #""callback_args1":"value1""#,
            (1...64).map { #""a\#($0)":"""# }.joined(separator: ","), .invalidField, "push_args"
        ),
        (Notice.recordedFileBody, #""push_args""#, #""other""#, .missingField, "push_args"),
        (Notice.ingestBody, #""action":"publish","#, "", .missingField, "action"),
        (Notice.ingestBody, #""publish""#, #""unpublish""#, .invalidField, "action"),
        (Notice.ingestBody, #""ingest_domain""#, #""domain""#, .missingField, "ingest_domain"),
        (Notice.ingestBody, "1609220385", "253402300800", .invalidField, "time"),
        (Notice.ingestBody, "192.168.XX.XX", "", .invalidField, "client_ip"),
        (Notice.ingestBody, "{user args}", #"\u0000"#, .invalidField, "usrargs"),
        (Notice.ingestBody, "720", "65536", .invalidField, "height"),
        (Notice.ingestBody, "1280", "-1", .invalidField, "width"),
    ]

    @Test(arguments: faults.indices)
    func `A fault is named by its field`(index: Int) throws {
        let (body, part, replacement, code, detail) = Self.faults[index]
        try #require(body.contains(part))
        let faulty = body.replacing(part, with: replacement, maxReplacements: 1)
        #expect(throws: WireError(code, detail)) { try Notice(decodingBody: Array(faulty.utf8)) }
    }

    @Test(arguments: [
        (Notice.recordedFileBody, "69403", "69.403"),
        (Notice.recordedFileBody, "69403", #""69403""#),
        (Notice.recordedFileBody, #""value1""#, "1"),
        (Notice.recordedFileBody, #"{"callback_args1""#, #"[{"callback_args1""#),
        (Notice.ingestBody, "720", "null"),
        (Notice.ingestBody, #""usrargs":"{user args}""#, #""usrargs":{}"#),
        (Notice.ingestBody, "1280}", "1280} x"),
    ])
    func `A body of other types, or no JSON, is malformed`(body: String, part: String, replacement: String) throws {
        try #require(body.contains(part))
        let faulty = body.replacing(part, with: replacement, maxReplacements: 1)
        let error = try #require(throws: WireError.self) { try Notice(decodingBody: Array(faulty.utf8)) }
        #expect(error.code == .malformedBody)
    }
}

extension Draw {
    fileprivate mutating func notice() -> Notice {
        let content: Notice.Content =
            switch integer(0...2) {
            case 0: .recordingStatus(recordingStatus())
            case 1: .recordedFile(recordedFile())
            default: .ingest(ingest())
            }
        return Notice(id: eventID(), receivedAt: timestamp(), content: content)
    }

    private mutating func recordingStatus() -> RecordingStatus {
        RecordingStatus(
            domain: text(1...255),
            app: text(1...255),
            stream: text(1...255),
            event: bool() ? .paused : RecordingStatus.Event(rawValue: text(1...255))
        )
    }

    private mutating func recordedFile() -> RecordedFile {
        var arguments: [String: String] = [:]
        for _ in 0..<integer(0...64) { arguments[text(1...20)] = text(0...40) }
        return RecordedFile(
            domain: text(1...255),
            app: text(1...255),
            stream: text(1...255),
            uri: text(1...1_024),
            durationMilliseconds: integer(0...RecordedFile.maximumDuration),
            startTime: integer(Notice.timeRange),
            stopTime: integer(Notice.timeRange),
            pushArguments: arguments
        )
    }

    private mutating func ingest() -> IngestStatus {
        IngestStatus(
            action: element(IngestStatus.Action.allCases),
            ingestDomain: text(1...255),
            app: text(1...255),
            stream: text(1...255),
            time: integer(Notice.timeRange),
            clientIP: bool() ? text(1...255) : nil,
            pushArguments: bool() ? text(0...4_000) : nil,
            node: bool() ? text(1...255) : nil,
            height: bool() ? integer(IngestStatus.pixelRange) : nil,
            width: bool() ? integer(IngestStatus.pixelRange) : nil
        )
    }
}
