import AMQP
import DecisionCore
import Testing
import Wire

@Suite struct ReplyBodyTests {
    private static let recordBody = """
        {"schema":1,"event":"018bcfe5-6800-7abc-8123-456789abcdef","worker":"worker-1","verdict":"record",\
        "formats":["mp4"],"intervals":{"mp4":300},"rule":12,"losing_rules":[{"rule":3,"preceded":"priority"},\
        {"rule":4,"unmet":"codec","demanded":"h265","found":"h264"}],"omitted_losing_rules":2,\
        "reservation":{"quota":"gold","bucket":"test.com","state":"granted","concurrent":{"used":4,"limit":5},\
        "minutes":{"used":90,"limit":6000},"month":"2023-11"},"revision":7,\
        "utc_offsets":{"America/St_Johns":-12600,"UTC":0},"decided_at":1700000000000}
        """

    private static func record() throws -> Reply {
        let decision = Decision(
            verdict: .record(try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])),
            reason: .rule(Rule.ID(rawValue: 12)),
            losingRules: [
                .init(id: Rule.ID(rawValue: 3), reason: .preceded(.priority)),
                .init(
                    id: Rule.ID(rawValue: 4),
                    reason: .unmet(UnmetCondition(.codec, demanded: "h265", found: "h264"))
                ),
            ],
            omittedLosingRules: 2,
            revision: 7,
            utcOffsets: ["UTC": 0, "America/St_Johns": -12_600],
            reservation: Reservation(
                quota: "gold",
                bucket: "test.com",
                state: .granted,
                concurrent: .init(used: 4, limit: 5),
                minutes: .init(used: 90, limit: 6_000),
                month: "2023-11"
            ),
            decidedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
        )
        return Reply(eventID: .example, content: .decision(decision), worker: "worker-1")
    }

    @Test func `The body of a decision with all that it may have has exactly these bytes`() throws {
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

    @Test func `What a decision has none of is left out of its body`() throws {
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

    @Test func `A quota without room is named beside the rule`() throws {
        let decision = Decision(
            verdict: .skip,
            reason: .quotaExhausted(Rule.ID(rawValue: 12)),
            revision: 7,
            reservation: Reservation(quota: "gold", state: .denied),
            decidedAt: Timestamp(millisecondsSinceEpoch: 1)
        )
        let reply = Reply(eventID: .example, content: .decision(decision), worker: "w")
        #expect(
            String(decoding: reply.encodedBody(), as: UTF8.self).hasSuffix(
                #""verdict":"skip","rule":12,"reason":"quota_exhausted","#
                    + #""reservation":{"quota":"gold","bucket":"","state":"denied"},"revision":7,"decided_at":1}"#
            )
        )
        #expect(try Reply(decodingBody: reply.encodedBody()) == reply)
    }

    @Test(arguments: FallbackCause.allCases)
    func `Every failure comes back as it was`(cause: FallbackCause) throws {
        let reply = Reply(eventID: .example, content: .failure(cause), worker: "w")
        #expect(try Reply(decodingBody: reply.encodedBody()) == reply)
    }

    @Test func `Any decision comes back as it was, and has the same bytes again`() throws {
        var draw = Draw(seed: 120)
        for _ in 0..<5_000 {
            let reply = Reply(
                eventID: draw.eventID(),
                content: .decision(try draw.decision()),
                worker: draw.text(0...60)
            )
            let body = reply.encodedBody()
            let read = try Reply(decodingBody: body)
            #expect(read == reply)
            #expect(read.encodedBody() == body)
        }
    }

    @Test func `A decision as long as it may become comes back as it was`() throws {
        let name = String(repeating: "\u{1}", count: 255)
        let loser = Decision.LosingRule(
            id: Rule.ID(rawValue: .min),
            reason: .unmet(UnmetCondition(.stream, demanded: name, found: name))
        )
        let decision = Decision(
            verdict: .skip,
            reason: .noRuleMatches,
            losingRules: Array(repeating: loser, count: Decision.maximumLosingRules),
            omittedLosingRules: .max,
            revision: .max,
            utcOffsets: Dictionary(uniqueKeysWithValues: (0..<256).map { ("Zone/\($0)", -$0) }),
            decidedAt: Timestamp(millisecondsSinceEpoch: .min)
        )
        let reply = Reply(eventID: .example, content: .decision(decision), worker: "w")
        #expect(try Reply(decodingBody: reply.encodedBody()) == reply)
    }

    @Test func `Unknown members are passed over, at every level`() throws {
        let body = Self.recordBody
            .replacing(#"{"schema":1,"#, with: #"{"quota":{"left":[5]},"schema":1,"#)
            .replacing(#"{"rule":3,"#, with: #"{"why":null,"rule":3,"#)
            .replacing(#"{"quota":"gold","#, with: #"{"owner":{},"quota":"gold","#)
            .replacing(#"{"used":4,"#, with: #"{"left":1,"used":4,"#)
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
        (#""preceded":"priority""#, #""preceded":"luck""#, .invalidField, "losing_rules.preceded"),
        (#""preceded":"priority""#, #""because":"priority""#, .invalidField, "losing_rules"),
        (#""unmet":"codec""#, #""unmet":"colour""#, .invalidField, "losing_rules.unmet"),
        (#""unmet":"codec""#, #""preceded":"age","unmet":"codec""#, .invalidField, "losing_rules"),
        (#""demanded":"h265","#, "", .missingField, "losing_rules.demanded"),
        (#","found":"h264""#, "", .missingField, "losing_rules.found"),
        (#"{"rule":4,"#, "{", .missingField, "losing_rules.rule"),
        (#""omitted_losing_rules":2"#, #""omitted_losing_rules":-1"#, .invalidField, "omitted_losing_rules"),
        (#""rule":12"#, #""rule":12,"reason":"bad_luck""#, .invalidField, "reason"),
        (#""rule":12"#, #""reason":"quota_exhausted""#, .missingField, "rule"),
        (#""quota":"gold","#, "", .missingField, "reservation.quota"),
        (#""bucket":"test.com","#, "", .missingField, "reservation.bucket"),
        (#""state":"granted","#, "", .missingField, "reservation.state"),
        (#""state":"granted""#, #""state":"lost""#, .invalidField, "reservation.state"),
        (#""used":4,"#, "", .missingField, "reservation.concurrent.used"),
        (#","limit":5"#, "", .missingField, "reservation.concurrent.limit"),
        (#""used":90,"#, "", .missingField, "reservation.minutes.used"),
        (#","limit":6000"#, "", .missingField, "reservation.minutes.limit"),
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
        (#""omitted_losing_rules":2"#, #""omitted_losing_rules":true"#), (#""found":"h264""#, #""found":null"#),
        (#""UTC":0"#, #""UTC":"0""#), (#""UTC":0"#, #""UTC":0,"UTC":1"#), (#"{"used":4,"limit":5}"#, "4"),
        (#""month":"2023-11""#, #""month":11"#), (#""used":90"#, #""used":90.5"#),
        (#""bucket":"test.com""#, #""bucket":null"#),
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
