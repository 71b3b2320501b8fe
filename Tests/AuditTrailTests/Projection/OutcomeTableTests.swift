import AMQP
import DecisionCore
import Postgres
import TestSupport
import Testing
import Wire

@testable import AuditTrail

@Suite(.timeLimit(.minutes(1))) struct OutcomeTableTests {
    private static let store = ProjectionStore(stream: "n.outcomes")
    private static let topology = Topology(namespace: "n")

    /// Writes records as one message, on the day that they are of.
    private func write(
        _ records: [AuditRecord],
        at offset: Int64 = 0,
        to database: ProductDatabase
    ) async throws -> ProjectionStore.Written {
        try await database.withConnection(role: "needrecord_auditor") { connection in
            let position = try await Self.store.position(on: connection)
            let batch = try ProjectionBatch(
                [.of(records.message(Self.topology), offset: offset)],
                after: position,
                topology: Self.topology,
                auditor: "a",
                now: .now()
            )
            #expect(batch.deadLetters.isEmpty)
            try await Self.store.prepare(day: EventID.number(1).day, on: connection)
            return try await Self.store.write(batch, on: connection)
        }
    }

    private func rows(_ sql: String, in database: ProductDatabase) async throws -> [String] {
        try await database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query(PostgresQuery(unescaped: "SELECT to_jsonb(t)::text FROM (\(sql)) AS t"))
                .map { try $0.decode(String.self) }
        }
    }

    @Test func `A decided outcome has all that it rests on in its row`() async throws {
        try await ProductDatabase.with { database in
            let written = try await write([.outcome(.number(1))], to: database)
            #expect(written.counters.outcomes == 1)
            #expect(written.counters.repeatedOutcomes == 0)
            let row = try await rows("SELECT * FROM needrecord.outcomes", in: database)
            #expect(
                row == [
                    #"{"app": "test123", "rule": 3, "cause": "decided", "codec": "h264", "answer": "{\"NeedRecord\":true}", "#
                        + #""domain": "test.com", "minute": "2023-11-14T22:13:00+00:00", "reason": "rule", "#
                        + #""stream": "teststream", "worker": "worker-1", "bitrate": 2000, "formats": ["mp4"], "#
                        + #""gateway": "gateway-1", "late_of": null, "decision": {"rule": 3, "formats": ["mp4"], "verdict": "record", "#
                        + #""revision": 7, "intervals": {"mp4": 300}, "decided_at": 1700000000001, "#
                        + #""losing_rules": [{"rule": 4, "preceded": "age"}]}, "event_id": "018bcfe5-6800-7000-8000-000000000001", "#
                        + #""facts_us": 600, "reply_us": 1780, "revision": 7, "anomalies": [], "answer_us": 1800, "#
                        + #""publishes": 1, "worker_us": 900, "decided_at": "2023-11-14T22:13:20.001+00:00", "#
                        + #""publish_us": 90, "gateway_run": "018bcfe5-6800-7fff-8000-000000000000", "need_record": true, "#
                        + #""received_at": "2023-11-14T22:13:20+00:00"}"#
                ]
            )
        }
    }

    @Test func `A decision that was made for another callback names it`() async throws {
        try await ProductDatabase.with { database in
            var outcome = Outcome.number(1)
            outcome.lateOf = .number(9)
            _ = try await write([.outcome(outcome), .outcome(.number(2))], to: database)
            #expect(
                try await rows("SELECT late_of FROM needrecord.outcomes ORDER BY event_id", in: database)
                    == [#"{"late_of": "\#(EventID.number(9))"}"#, #"{"late_of": null}"#]
            )
        }
    }

    @Test(arguments: FallbackCause.allCases)
    func `Every fallback has its row`(cause: FallbackCause) async throws {
        try await ProductDatabase.with { database in
            _ = try await write([.outcome(.number(1, .fallback(cause)))], to: database)
            let row = try await rows(
                "SELECT cause, need_record, reason, decision, worker, publishes, publish_us FROM needrecord.outcomes",
                in: database
            )
            #expect(
                row == [
                    #"{"cause": "\#(cause.rawValue)", "reason": null, "worker": null, "decision": null, "publishes": 0, "#
                        + #""publish_us": null, "need_record": false}"#
                ]
            )
        }
    }

    @Test func `Decisions of every reason have their row`() async throws {
        try await ProductDatabase.with { database in
            var noRule = Decision.example
            noRule.verdict = .skip
            noRule.reason = .noRuleMatches
            var exhausted = noRule
            exhausted.reason = .quotaExhausted(Rule.ID(rawValue: 9))
            _ = try await write(
                [.outcome(.number(1, .decision(noRule))), .outcome(.number(2, .decision(exhausted)))],
                to: database
            )
            let rows = try await rows("SELECT reason, rule FROM needrecord.outcomes ORDER BY event_id", in: database)
            #expect(
                rows == [
                    #"{"rule": null, "reason": "no_rule_matches"}"#, #"{"rule": 9, "reason": "quota_exhausted"}"#,
                ]
            )
        }
    }

    @Test func `An outcome that comes again, in the same message or a later one, is one row`() async throws {
        try await ProductDatabase.with { database in
            let first = try await write(
                [.outcome(.number(1)), .outcome(.number(2)), .outcome(.number(1))],
                to: database
            )
            #expect(first.counters.outcomes == 2)
            #expect(first.counters.repeatedOutcomes == 1)
            let second = try await write([.outcome(.number(2)), .outcome(.number(3))], at: 1, to: database)
            #expect(second.counters.outcomes == 1)
            #expect(second.counters.repeatedOutcomes == 1)
            #expect(second.conflicting.isEmpty)
            let ids = try await rows(
                "SELECT count(*), count(DISTINCT event_id) AS ids FROM needrecord.outcomes",
                in: database
            )
            #expect(ids == [#"{"ids": 3, "count": 3}"#])
        }
    }

    @Test func `An outcome that comes again and says something else is told, and the first one stays`() async throws {
        try await ProductDatabase.with { database in
            _ = try await write([.outcome(.number(1))], to: database)
            let written = try await write(
                [.outcome(.number(1, .fallback(.timeout))), .outcome(.number(2))],
                at: 1,
                to: database
            )
            #expect(written.conflicting == [.number(1)])
            #expect(written.counters.conflictingOutcomes == 1)
            #expect(written.counters.outcomes == 1)
            let causes = try await rows("SELECT cause FROM needrecord.outcomes ORDER BY event_id", in: database)
            #expect(causes == [#"{"cause": "decided"}"#, #"{"cause": "decided"}"#])
        }
    }

    @Test func `Late decisions and undeliverable replies have their rows, once`() async throws {
        try await ProductDatabase.with { database in
            let records: [AuditRecord] = [
                .lateDecision(
                    LateDecision(
                        eventID: .number(1),
                        decision: .example,
                        worker: "worker-1",
                        run: .example,
                        receivedAt: .example,
                        lateBy: 5_000_000_000
                    )
                ),
                .undeliverableReply(
                    UndeliverableReply(
                        eventID: .number(2),
                        decision: .example,
                        worker: "worker-2",
                        returnedAt: .example
                    )
                ),
            ]
            _ = try await write(records, to: database)
            _ = try await write(records, at: 1, to: database)
            #expect(
                try await rows("SELECT late_us, worker, rule, need_record FROM needrecord.late_decisions", in: database)
                    == [#"{"rule": 3, "worker": "worker-1", "late_us": 5000000000, "need_record": true}"#]
            )
            #expect(
                try await rows("SELECT worker, revision FROM needrecord.undeliverable_replies", in: database)
                    == [#"{"worker": "worker-2", "revision": 7}"#]
            )
        }
    }

    @Test func `A minute that is told of again has its new totals, and an old message changes nothing`() async throws {
        func minute(_ received: Int, unkept: Int = 0) -> AuditRecord {
            .minute(
                GatewayMinute(
                    run: .example,
                    minute: EventID.number(1).minute,
                    received: received,
                    outcomes: ["decided": received],
                    unkept: unkept
                )
            )
        }
        try await ProductDatabase.with { database in
            let sql = "SELECT received, unkept, outcomes, gateway FROM needrecord.gateway_minutes"
            _ = try await write([minute(2), minute(3)], to: database)
            #expect(
                try await rows(sql, in: database)
                    == [#"{"unkept": 0, "gateway": "gateway-1", "outcomes": {"decided": 3}, "received": 3}"#]
            )
            _ = try await write([minute(3, unkept: 1)], at: 1, to: database)
            _ = try await write([minute(2)], at: 2, to: database)
            #expect(
                try await rows(sql, in: database)
                    == [#"{"unkept": 1, "gateway": "gateway-1", "outcomes": {"decided": 3}, "received": 3}"#]
            )
        }
    }

    @Test func `The place in the stream moves with the rows or not at all`() async throws {
        try await ProductDatabase.with { database in
            // To record, by no rule: the table knows better.
            var decision = Decision.example
            decision.reason = .noRuleMatches
            let bad = Outcome.number(2, .decision(decision))
            await #expect(throws: PostgresError.self) {
                _ = try await write([.outcome(.number(1)), .outcome(bad)], to: database)
            }
            #expect(try await rows("SELECT event_id FROM needrecord.outcomes", in: database).isEmpty)
            try await database.withConnection(role: "needrecord_auditor") { connection in
                let position = try await Self.store.position(on: connection)
                #expect(position.next == 0)
            }
        }
    }
}
