import AMQP
import DecisionCore
import Testing
import Wire

@Suite struct AuditRecordTests {
    private static let decision = Decision(
        verdict: .skip,
        reason: .rule(Rule.ID(rawValue: 3)),
        revision: 7,
        decidedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_001)
    )

    private static let outcome = Outcome(
        event: .example,
        cause: .decision(decision),
        answer: #"{"ApiVersion":"1.0","NeedRecord":false}"#,
        run: .example,
        worker: "worker-1",
        publishCount: 1,
        times: AnswerTimes(published: 90, replied: 1_780, answered: 1_800, worker: 900, facts: 600)
    )

    /// Reads what was written.
    private func read(_ records: [AuditRecord]) throws -> [AuditRecord] {
        try AuditMessage.records(in: AuditMessage.body(of: records.map { $0.encoded() })).map { try $0.get() }
    }

    private func text(_ record: AuditRecord) -> String {
        String(decoding: record.encoded(), as: UTF8.self)
    }

    @Test func `A decision that was made for another callback names it, and no default does`() throws {
        var outcome = Self.outcome
        outcome.lateOf = .example
        let text = text(.outcome(outcome))
        #expect(text.contains(#","late_of":"018bcfe5-6800-7abc-8123-456789abcdef","decision":{"#))
        let good = try AuditMessage.records(in: Array(#"{"schema":1,"records":[\#(text)]}"#.utf8))[0]
        #expect(try good.get() == .outcome(outcome))
        outcome.cause = .fallback(.timeout)
        let wrong = self.text(.outcome(outcome))
        let read = try AuditMessage.records(in: Array(#"{"schema":1,"records":[\#(wrong)]}"#.utf8))[0]
        guard case .failure(let bad) = read else {
            Issue.record("\(read)")
            return
        }
        #expect(bad.reason == WireError(.invalidField, "late_of"))
    }

    @Test func `An outcome is one JSON object that has everything in it`() {
        #expect(
            text(.outcome(Self.outcome)) == #"""
                {"kind":"outcome","gateway":"gateway-1","run":"018bcfe5-6800-7fff-8000-000000000000",\#
                "event":{"id":"018bcfe5-6800-7abc-8123-456789abcdef","received_at":1700000000000,"domain":"test.com",\#
                "app":"test123","stream":"teststream","vbitrate":2000,"codec":"h264"},"cause":"decided",\#
                "answer":"{\"ApiVersion\":\"1.0\",\"NeedRecord\":false}","answer_us":1800,"publishes":1,\#
                "publish_us":90,"reply_us":1780,"worker":"worker-1","worker_us":900,"facts_us":600,\#
                "decision":{"verdict":"skip","rule":3,"revision":7,"decided_at":1700000000001}}
                """#
        )
    }

    @Test func `A fallback has neither decision nor steps that did not come to be`() {
        var outcome = Self.outcome
        outcome.cause = .fallback(.brokerUnavailable)
        outcome.worker = nil
        outcome.publishCount = 0
        outcome.times = AnswerTimes(answered: 12)
        let text = text(.outcome(outcome))
        #expect(
            text.hasSuffix(
                #""cause":"broker_unavailable","answer":"{\"ApiVersion\":\"1.0\",\"NeedRecord\":false}","answer_us":12,"publishes":0}"#
            )
        )
    }

    @Test func `The other kinds`() {
        #expect(
            text(
                .minute(
                    GatewayMinute(
                        run: .example,
                        minute: Timestamp(millisecondsSinceEpoch: 1_699_999_980_000),
                        received: 5,
                        outcomes: ["timeout": 2, "decided": 3],
                        unkept: 1
                    )
                )
            ) == #"""
                {"kind":"minute","gateway":"gateway-1","run":"018bcfe5-6800-7fff-8000-000000000000",\#
                "minute":1699999980000,"received":5,"outcomes":{"decided":3,"timeout":2},"unkept":1}
                """#
        )
        #expect(
            text(
                .undeliverableReply(
                    UndeliverableReply(
                        eventID: .example,
                        decision: Self.decision,
                        worker: "worker-1",
                        returnedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_005)
                    )
                )
            ) == #"""
                {"kind":"undeliverable_reply","event_id":"018bcfe5-6800-7abc-8123-456789abcdef",\#
                "returned_at":1700000000005,"worker":"worker-1",\#
                "decision":{"verdict":"skip","rule":3,"revision":7,"decided_at":1700000000001}}
                """#
        )
    }

    @Test func `The sitting of a replay says who, what for and which callbacks`() {
        var selection = ReplaySelection(
            source: .stream,
            span: .time(
                from: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000),
                to: Timestamp(millisecondsSinceEpoch: 1_700_003_600_000)
            )
        )
        selection.stream = NamePattern("room-*")
        selection.causes = ["timeout", "unanswered"]
        var run = ReplayRun(
            replay: GatewayRun.example.id,
            id: StreamEvent.example.id,
            startedAt: Timestamp(millisecondsSinceEpoch: 1_700_010_000_000),
            operatorName: "ann",
            reason: "no worker",
            selection: selection,
            rate: 200,
            chargesQuotas: false
        )
        run.end = ReplayRun.End(at: Timestamp(millisecondsSinceEpoch: 1_700_010_000_500), isComplete: true)
        #expect(
            text(.replay(run)) == #"""
                {"kind":"replay","replay":"018bcfe5-6800-7fff-8000-000000000000",\#
                "run":"018bcfe5-6800-7abc-8123-456789abcdef","started_at":1700010000000,"operator":"ann",\#
                "reason":"no worker","selection":{"source":"stream","from":1700000000000,"to":1700003600000,\#
                "stream":"room-*","causes":["timeout","unanswered"]},"rate":200,"charges_quotas":false,\#
                "ended_at":1700010000500,"complete":true}
                """#
        )
    }

    @Test(
        arguments: [
            (#"{}"#, WireError(.missingField, "source")),
            (#"{"source":"tape","from":1,"to":2}"#, WireError(.invalidField, "source")),
            (#"{"source":"stream","from":1}"#, WireError(.missingField, "to")),
            (#"{"source":"stream","from_offset":5,"to_offset":4}"#, WireError(.invalidField, "to_offset")),
            (#"{"source":"stream","from":1,"to":2,"causes":["luck"]}"#, WireError(.invalidField, "causes")),
            (#"{"source":"stream","from":1,"to":2,"app":"a\\\\b\\"}"#, WireError(.invalidField, "app")),
        ]
    )
    func `A selection that cannot be is refused`(text: String, error: WireError) {
        #expect(throws: error) { try ReplaySelection(decodingJSON: Array(text.utf8)) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `What is written is read again`(seed: UInt64) throws {
        var draw = Draw(seed: seed)
        let records = try (0..<draw.integer(1...5)).map { _ in try draw.record() }
        #expect(try read(records) == records)
    }

    @Test func `A record that cannot be understood does not cost the others, and is handed back as it came`() throws {
        let good = AuditRecord.outcome(Self.outcome)
        let bad = [
            (#"{"kind":"surprise"}"#, WireError(.invalidField, "kind")),
            (#"{ "gateway": "g" }"#, WireError(.missingField, "kind")),
            (
                #"{"kind":"minute","gateway":"g","run":"x","minute":0,"received":1,"unkept":0}"#,
                WireError(.invalidField, "run")
            ),
        ]
        let body = AuditMessage.body(of: bad.flatMap { [good.encoded(), Array($0.0.utf8)] } + [good.encoded()])
        let read = try AuditMessage.records(in: body)
        #expect(read.count == 7)
        for (index, record) in read.enumerated() {
            switch record {
            case .success(let record):
                #expect(index % 2 == 0)
                #expect(record == good)
            case .failure(let record):
                #expect(index % 2 == 1)
                #expect(String(decoding: record.bytes, as: UTF8.self) == bad[index / 2].0)
                #expect(record.reason == bad[index / 2].1)
            }
        }
    }

    @Test(arguments: ["17", "null", #""text""#, #"{"kind":17,"gateway":"g"}"#, #"[{"kind":"minute"}]"#])
    func `A record of the wrong type costs only itself`(text: String) throws {
        let good = AuditRecord.outcome(Self.outcome)
        let read = try AuditMessage.records(in: AuditMessage.body(of: [Array(text.utf8), good.encoded()]))
        #expect(read.count == 2)
        #expect(try read[1].get() == good)
        let error = #expect(throws: AuditMessage.BadRecord.self) { try read[0].get() }
        #expect(error?.reason.code == .malformedBody)
        #expect(error?.bytes == Array(text.utf8))
    }

    @Test(
        arguments: [
            (#"{"schema":1}"#, WireError(.missingField, "records")),
            (#"{"schema":2,"records":[]}"#, WireError(.unknownSchema, "2")),
        ]
    )
    func `A message without records is refused`(body: String, error: WireError) {
        #expect(throws: error) { try AuditMessage.records(in: Array(body.utf8)) }
    }

    @Test(arguments: ["", "{", #"{"schema":1,"records":[{"kind":"minute"}"#, #"{"schema":1,"records":[{]}"#])
    func `A message that is no JSON is refused as a whole`(body: String) {
        let error = #expect(throws: WireError.self) { try AuditMessage.records(in: Array(body.utf8)) }
        #expect(error?.code == .malformedBody)
    }

    @Test(
        arguments: [
            ("answer_us", "-1"), ("answer_us", "2147483648"), ("publishes", "32768"), ("worker_us", "-5"),
            ("publish_us", "4294967296"),
        ]
    )
    func `A number that the database could not take is refused here`(name: String, value: String) throws {
        let text = text(.outcome(Self.outcome)).replacing(try Regex("\"\(name)\":[0-9]+"), with: "\"\(name)\":\(value)")
        let read = try AuditMessage.records(in: AuditMessage.body(of: [Array(text.utf8)]))
        let error = #expect(throws: AuditMessage.BadRecord.self) { try read[0].get() }
        #expect(error?.reason == WireError(.invalidField, name))
    }

    @Test
    func `A message of records is kept by the broker, comes back when there is no stream, and is known by its id`() {
        let message = AuditMessage.message(
            records: [AuditRecord.outcome(Self.outcome).encoded()],
            id: "run/1",
            sentAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_999),
            topology: Topology(namespace: "blue"),
            sender: "gateway-1"
        )
        #expect(message.exchange == "blue")
        #expect(message.routingKey == "outcome")
        #expect(message.mandatory)
        #expect(message.properties.deliveryMode == .persistent)
        #expect(message.properties.messageID == "run/1")
        #expect(message.properties.type == "outcome")
        #expect(message.properties.appID == "gateway-1")
        #expect(message.properties.timestamp == 1_700_000_000)
    }
}
