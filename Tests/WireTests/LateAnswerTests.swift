import AMQP
import DecisionCore
import Testing
import Wire

@Suite struct LateAnswerTests {
    private static let decision = Decision(
        verdict: .record(.template),
        reason: .rule(Rule.ID(rawValue: 3)),
        revision: 7,
        decidedAt: .example
    )

    private static func body(_ decision: Decision = decision) throws -> String {
        String(
            decoding: try LateAnswer(event: .example, decision: decision, worker: "worker-1").encodedBody(),
            as: UTF8.self
        )
    }

    @Test func `A late answer is an event and the decision about it`() throws {
        #expect(
            try Self.body() == #"""
                {"schema":1,"worker":"worker-1","event":{"id":"018bcfe5-6800-7abc-8123-456789abcdef",\#
                "received_at":1700000000000,"domain":"test.com","app":"test123","stream":"teststream","vbitrate":2000,\#
                "codec":"h264"},"decision":{"verdict":"record","formats":[],"intervals":{},"rule":3,"revision":7,\#
                "decided_at":1700000000000}}
                """#
        )
    }

    @Test func `What was written can be read`() throws {
        var draw = Draw(seed: 19)
        var count = 0
        while count < 300 {
            guard case .outcome(let outcome) = try draw.record(), let decision = outcome.cause.decision,
                let answer = try? LateAnswer(event: outcome.event, decision: decision, worker: draw.text(1...50))
            else { continue }
            count += 1
            #expect(try LateAnswer(decodingBody: answer.encodedBody()) == answer)
        }
    }

    @Test func `A decision that a quota had a say in can be no late answer`() throws {
        for state in [Reservation.State.granted, .held, .denied, .assumed] {
            var decision = Self.decision
            decision.reservation = Reservation(quota: "q", state: state)
            #expect(throws: WireError(.invalidField, "decision.reservation")) { try Self.body(decision) }
        }
        var exhausted = Self.decision
        exhausted.verdict = .skip
        exhausted.reason = .quotaExhausted(Rule.ID(rawValue: 3))
        #expect(throws: WireError(.invalidField, "decision.reason")) { try Self.body(exhausted) }
        let forged = try Self.body().replacing(
            #""rule":3"#,
            with: #""rule":3,"reservation":{"quota":"q","bucket":"","state":"granted"}"#
        )
        #expect(throws: WireError(.invalidField, "decision.reservation")) {
            try LateAnswer(decodingBody: Array(forged.utf8))
        }
    }

    @Test func `No answer says to record without a rule`() throws {
        let forged = try Self.body().replacing(#""rule":3,"#, with: "")
        #expect(throws: WireError(.invalidField, "decision.rule")) { try LateAnswer(decodingBody: Array(forged.utf8)) }
    }

    @Test(arguments: [
        ("", WireError.Code.malformedBody), ("{}", .missingField), (#"{"schema":2}"#, .unknownSchema),
        (#"{"schema":1}"#, .missingField), (#"{"schema":1,"event":{},"decision":{},"worker":"w"}"#, .missingField),
        (#"{"schema":1,"event":7}"#, .malformedBody),
    ])
    func `What is none is refused`(body: String, reason: WireError.Code) {
        let error = #expect(throws: WireError.self) { try LateAnswer(decodingBody: Array(body.utf8)) }
        #expect(error?.code == reason)
    }

    @Test func `The message is for every gateway, and for no longer than the decision may answer`() throws {
        let answer = try LateAnswer(event: .example, decision: Self.decision, worker: "worker-1")
        let body = answer.encodedBody()
        let message = answer.message(body: body, sentAt: .example, topology: Topology(namespace: "n"), sender: "gw")
        #expect(message.exchange == "n.late")
        #expect(message.routingKey == "")
        #expect(!message.mandatory)
        #expect(message.body == body)
        #expect(message.properties.deliveryMode == .transient)
        #expect(message.properties.expiration == 40_000)
        #expect(message.properties.messageID == EventID.example.description)
        #expect(message.properties.type == "decision.late")
        #expect(message.properties.appID == "gw")
    }

    /// Seconds after the decision, by the clock of whoever is told, and what is left of its time.
    @Test(
        arguments: [
            (-40, nil), (-39, 40), (0, 40), (1, 39), (39, 1), (40, nil), (1_000_000, nil), (-1_000_000, nil),
        ] as [(Int, Int?)]
    )
    func `A decision may answer for 40 seconds`(seconds: Int, remaining: Int?) throws {
        let answer = try LateAnswer(event: .example, decision: Self.decision, worker: "w")
        let now = Timestamp.example.advanced(by: .seconds(seconds))
        #expect(answer.remaining(now: now) == remaining.map { .seconds($0) })
    }
}
