import AMQP
import DecisionCore
import Postgres
import TestSupport
import Testing
import Wire

@testable import AuditTrail

@Suite(.timeLimit(.minutes(2))) struct OutcomeAuditTests {
    private func count(_ stage: AuditorStage) async throws -> Int {
        try await stage.database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query("SELECT count(*) FROM needrecord.outcomes")[0].decode(Int.self)
        }
    }

    private func records(in letter: AMQPDelivery) throws -> [AuditRecord] {
        try AuditMessage.records(in: letter.body).map { try $0.get() }
    }

    @Test func `Outcomes of many days are each written into their day, whoever prepared it`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { auditor in
                var records: [AuditRecord] = []
                for day in 0..<5 as Range<UInt64> {
                    var outcome = Outcome.number(Int(day))
                    outcome.event.id = EventID(
                        high: outcome.event.id.high + (day * 86_400_000) << 16,
                        low: outcome.event.id.low
                    )
                    records.append(.outcome(outcome))
                }
                try await stage.publish([records.message(stage.topology)])
                try await eventually("five outcomes") { auditor.auditor.counters.outcomes == 5 }
                #expect(try await count(stage) == 5)
                let tables = try await stage.database.withConnection(role: "needrecord_reader") { connection in
                    try await connection.query("SELECT DISTINCT tableoid::regclass::text FROM needrecord.outcomes")
                        .count
                }
                #expect(tables == 5)
                #expect(auditor.auditor.counters.dead == 0)
            }
        }
    }

    @Test func `A record that nobody understands is dead by itself, and so is one from another age`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { auditor in
                var future = Outcome.number(7)
                future.event.id = EventID(high: 0xFFFF_FFFF_FFFF_7000, low: 1 << 63)
                let message = AuditMessage.message(
                    records: [
                        AuditRecord.outcome(.number(1)).encoded(), Array(#"{"kind":"surprise"}"#.utf8),
                        AuditRecord.outcome(future).encoded(), AuditRecord.outcome(.number(2)).encoded(),
                    ],
                    id: "m",
                    sentAt: .example,
                    topology: stage.topology,
                    sender: "gateway-1"
                )
                try await stage.publish([message])
                try await eventually("two outcomes") { auditor.auditor.counters.outcomes == 2 }
                let letters = try await stage.deadLetters(2)
                #expect(
                    letters.map { $0.properties.headers[DeadLetter.reasonHeader]?.stringValue } == [
                        "invalid_field: kind", "invalid_field: time",
                    ]
                )
                #expect(
                    String(decoding: letters[0].body, as: UTF8.self) == #"{"schema":1,"records":[{"kind":"surprise"}]}"#
                )
                let kept = try self.records(in: letters[1])
                #expect(kept == [.outcome(future)])
                #expect(auditor.auditor.counters.dead == 2)
            }
        }
    }

    @Test func `A record that the database refuses is dead by itself, and the others are written`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { auditor in
                var refused = Outcome.number(2)
                // The answer says record, by no rule: a decision that cannot be.
                var decision = Decision.example
                decision.reason = .noRuleMatches
                refused.cause = .decision(decision)
                let records: [AuditRecord] = [.outcome(.number(1)), .outcome(refused), .outcome(.number(3))]
                try await stage.publish([records.message(stage.topology), Notice.status(4).message(stage.topology)])
                try await eventually("two outcomes") { auditor.auditor.counters.outcomes == 2 }
                try await eventually("the notice") { auditor.auditor.counters.recordingStatuses == 1 }
                let letters = try await stage.deadLetters(1)
                let kept = try self.records(in: letters[0])
                #expect(kept == [.outcome(refused)])
                let reason = letters[0].properties.headers[DeadLetter.reasonHeader]?.stringValue ?? ""
                #expect(reason.contains("outcomes_record_by_rule"), "\(reason)")
                #expect(try await count(stage) == 2)
            }
        }
    }

    @Test func `What an auditor leaves behind when it is killed in the middle is written once by the next`()
        async throws
    {
        try await AuditorStage.with { stage in
            let batches = (0..<40).map { batch in
                (0..<50).map { AuditRecord.outcome(.number(batch * 50 + $0)) }.message(
                    stage.topology,
                    id: "run/\(batch)"
                )
            }
            try await stage.publish(batches)
            for round in 1...3 {
                try await stage.running("auditor-\(round)", logger: ProductDatabase.logger) {
                    $0.prefetch = 3
                } body: { _ in
                    try await eventually("some outcomes") { try await count(stage) >= round * 100 }
                    try await stage.database.withConnection { connection in
                        // Its session, in whatever it is doing.
                        _ = try await connection.query(
                            """
                            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE datname = current_database() AND pid <> pg_backend_pid()
                                AND backend_type = 'client backend'
                            """
                        )
                    }
                }
            }
            try await stage.running("auditor-last") { _ in
                try await eventually("all outcomes") { try await count(stage) == 2_000 }
            }
        }
    }
}
