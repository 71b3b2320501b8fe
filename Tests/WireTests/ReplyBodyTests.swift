import AMQP
import DecisionCore
import Testing
import Wire

@Suite struct ReplyBodyTests {
    private static let recordBody = """
        {"schema":1,"event":"018bcfe5-6800-7abc-8123-456789abcdef","worker":"worker-1","verdict":"record",\
        "formats":["mp4"],"intervals":{"mp4":300},"rule":12,"losing_rules":[{"rule":3,"preceded":"priority"},\
        {"rule":4,"unmet":"app"}],"revision":7,"decided_at":1700000000000}
        """

    private static func record() throws -> Reply {
        let decision = Decision(
            verdict: .record(try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])),
            reason: .rule(Rule.ID(rawValue: 12)),
            losingRules: [
                .init(id: Rule.ID(rawValue: 3), reason: .preceded(.priority)),
                .init(id: Rule.ID(rawValue: 4), reason: .unmet(.app)),
            ],
            revision: 7,
            decidedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
        )
        return Reply(eventID: .example, content: .decision(decision), worker: "worker-1")
    }

    @Test func `The documented body of a decision has exactly these bytes`() throws {
        #expect(String(decoding: try Self.record().encodedBody(), as: UTF8.self) == Self.recordBody)
        #expect(try Reply(decodingBody: Array(Self.recordBody.utf8)) == Self.record())
    }

    @Test func `The documented body of a failure has exactly these bytes`() throws {
        let reply = Reply(eventID: .example, content: .failure(.stateUnavailable), worker: "worker-1")
        let body = #"""
            {"schema":1,"event":"018bcfe5-6800-7abc-8123-456789abcdef","worker":"worker-1","failure":"state_unavailable"}
            """#
        #expect(String(decoding: reply.encodedBody(), as: UTF8.self) == body)
        #expect(try Reply(decodingBody: Array(body.utf8)) == reply)
    }

    @Test func `The default, that no rule matches, has no rule in its body`() throws {
        let decision = Decision(
            verdict: .skip,
            reason: .noRuleMatches,
            revision: 0,
            decidedAt: Timestamp(millisecondsSinceEpoch: -1)
        )
        let reply = Reply(eventID: .example, content: .decision(decision), worker: "")
        #expect(
            String(decoding: reply.encodedBody(), as: UTF8.self).hasSuffix(
                #""worker":"","verdict":"skip","revision":0,"decided_at":-1}"#
            )
        )
        #expect(try Reply(decodingBody: reply.encodedBody()) == reply)
    }

    @Test(arguments: FallbackCause.allCases)
    func `Every failure comes back as it was`(cause: FallbackCause) throws {
        let reply = Reply(eventID: .example, content: .failure(cause), worker: "w")
        #expect(try Reply(decodingBody: reply.encodedBody()) == reply)
    }

    @Test func `Any decision comes back as it was`() throws {
        var draw = Draw(seed: 120)
        for _ in 0..<5_000 {
            let formats = RecordFormat.allCases.filter { _ in draw.bool() }
            var intervals: [RecordFormat: Int] = [:]
            for format in formats where draw.bool() { intervals[format] = draw.integer(5...21_600) }
            let reasons: [Decision.LosingRule.Reason] = [
                .unmet(.domain), .unmet(.app), .unmet(.stream), .preceded(.priority), .preceded(.specificity),
                .preceded(.skipBeforeRecord), .preceded(.age),
            ]
            let plan = try RecordingPlan(formats: formats, intervals: intervals)
            let decision = Decision(
                verdict: draw.bool() ? .skip : .record(plan),
                reason: draw.bool() ? .noRuleMatches : .rule(Rule.ID(rawValue: draw.integer(Int64.min...Int64.max))),
                losingRules: (0..<draw.integer(0...5)).map { _ in
                    .init(id: Rule.ID(rawValue: draw.integer(Int64.min...Int64.max)), reason: draw.element(reasons))
                },
                revision: draw.integer(Int64.min...Int64.max),
                decidedAt: draw.timestamp()
            )
            let reply = Reply(eventID: draw.eventID(), content: .decision(decision), worker: draw.text(0...60))
            #expect(try Reply(decodingBody: reply.encodedBody()) == reply)
        }
    }

    @Test func `Unknown members are passed over, in the body and in the losing rules`() throws {
        let body = Self.recordBody
            .replacing(#"{"schema":1,"#, with: #"{"quota":{"left":[5]},"schema":1,"#)
            .replacing(#"{"rule":3,"#, with: #"{"why":null,"rule":3,"#)
        #expect(try Reply(decodingBody: Array(body.utf8)) == Self.record())
    }

    /// A body of which one thing is replaced, and what is wrong with it then.
    private static let faults: [(String, String, WireError.Code, String)] = [
        (#""schema":1,"#, "", .missingField, "schema"),
        (#""schema":1"#, #""schema":3"#, .unknownSchema, "3"),
        (#""event":"018bcfe5-6800-7abc-8123-456789abcdef","#, "", .missingField, "event"),
        ("018bcfe5", "018bcfe", .invalidField, "event"),
        (#""worker":"worker-1","#, "", .missingField, "worker"),
        (#""verdict":"record","#, "", .missingField, "verdict"),
        (#""verdict":"record""#, #""verdict":"perhaps""#, .invalidField, "verdict"),
        (#"["mp4"]"#, #"["mkv"]"#, .invalidField, "formats"),
        (#"["mp4"]"#, #"["mp4","mp4"]"#, .invalidField, "a format is named twice"),
        (#"{"mp4":300}"#, #"{"mkv":300}"#, .invalidField, "intervals"),
        (
            #"{"mp4":300}"#, #"{"mp4":4}"#, .invalidField,
            "the interval of mp4 is 4 s; the platform accepts 5 to 21600 s"
        ),
        (
            #"{"mp4":300}"#, #"{"flv":300}"#, .invalidField,
            "there is an interval for flv, which is not among the formats to record"
        ),
        (#""preceded":"priority""#, #""preceded":"luck""#, .invalidField, "losing_rules"),
        (#""unmet":"app""#, #""because":"app""#, .invalidField, "losing_rules"),
        (#"{"rule":4,"#, "{", .missingField, "losing_rules.rule"),
        (#""revision":7,"#, "", .missingField, "revision"),
        (#","decided_at":1700000000000"#, "", .missingField, "decided_at"),
        (#""verdict":"record""#, #""failure":"bad_luck""#, .invalidField, "failure"),
    ]

    @Test(arguments: faults)
    func `A fault is named by its field`(part: String, replacement: String, code: WireError.Code, detail: String) throws
    {
        try #require(Self.recordBody.contains(part))
        let body = Self.recordBody.replacing(part, with: replacement)
        #expect(throws: WireError(code, detail)) { try Reply(decodingBody: Array(body.utf8)) }
    }

    @Test(arguments: [
        (#""rule":12"#, #""rule":"12""#), (#""rule":12"#, #""rule":null"#), (#"["mp4"]"#, #""mp4""#),
        (#"{"mp4":300}"#, #"{"mp4":"300"}"#), (#"{"mp4":300}"#, #"{"mp4":300,"mp4":300}"#),
        (#""revision":7"#, #""revision":7.5"#),
        (#"{"rule":3,"#, #"3,{"rule":3,"#),
    ])
    func `A body of other types is malformed`(part: String, replacement: String) throws {
        try #require(Self.recordBody.contains(part))
        let body = Self.recordBody.replacing(part, with: replacement)
        let error = try #require(throws: WireError.self) { try Reply(decodingBody: Array(body.utf8)) }
        #expect(error.code == .malformedBody)
    }

    @Test func `A reply travels transient, mandatory and straight to its queue`() throws {
        let message = try Self.record().message(to: "needrecord.replies.a")
        #expect(message.exchange == "")
        #expect(message.routingKey == "needrecord.replies.a")
        #expect(message.mandatory)
        #expect(message.properties.deliveryMode == .transient)
        #expect(message.properties.correlationID == "018bcfe5-6800-7abc-8123-456789abcdef")
        #expect(message.properties.contentType == "application/json")
        #expect(message.properties.type == "decision")
        #expect(message.properties.appID == "worker-1")
        #expect(try Reply(decodingBody: message.body) == Self.record())
    }
}
