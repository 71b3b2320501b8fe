import AMQP
import DecisionCore
import Postgres
import TestSupport
import Testing
import Wire

@testable import AuditTrail

/// What the audit trail keeps of replays.
@Suite(.timeLimit(.minutes(2))) struct ReplayAuditTests {
    private static func run(_ number: Int, startedAt: Timestamp = .example, end: ReplayRun.End? = nil) -> ReplayRun {
        var run = ReplayRun(
            replay: .number(1_000),
            id: .number(1_000 + number),
            startedAt: startedAt,
            operatorName: "operator-\(number)",
            reason: "reason-\(number)",
            selection: ReplaySelection(source: .stream, span: .offsets(0..<10)),
            rate: 200,
            chargesQuotas: false
        )
        run.end = end
        return run
    }

    private static func event(_ number: Int, of original: Int, _ cause: Outcome.Cause) -> ReplayedEvent {
        var event = Outcome.number(2_000 + number).event
        event.stream = "s\(original)"
        return ReplayedEvent(
            event: event,
            original: .number(original),
            replay: .number(1_000),
            cause: cause,
            worker: cause.decision == nil ? nil : "worker-1",
            replyTime: cause.decision == nil ? nil : 1_200
        )
    }

    private static func texts(_ query: PostgresQuery, _ stage: AuditorStage) async throws -> [String] {
        try await stage.database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query(query).map { try $0.decode(String.self) }
        }
    }

    private static let replay: PostgresQuery = """
        SELECT concat_ws(' ', state, operator, reason, runs, events, decided, to_record, ended_at IS NOT NULL)
        FROM needrecord.replays
        """

    @Test func `A replay is told of from its beginning to its end, over several sittings`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { auditor in
                func tell(_ records: [AuditRecord], id: String) async throws {
                    let batches = auditor.auditor.counters.batches
                    try await stage.publish([records.message(stage.topology, id: id)])
                    try await eventually("the records") { auditor.auditor.counters.batches > batches }
                }
                try await tell([.replay(Self.run(1))], id: "r/1")
                #expect(try await Self.texts(Self.replay, stage) == ["running operator-1 reason-1 1 0 0 0 f"])

                let later = Timestamp.example.advanced(by: .seconds(60))
                let decided = Outcome.Cause.decision(.example)
                let stopped = Self.run(1, end: ReplayRun.End(at: later, isComplete: false))
                try await tell(
                    [
                        .replayed(Self.event(1, of: 1, decided)), .replayed(Self.event(2, of: 2, .fallback(.timeout))),
                        .replay(stopped),
                    ],
                    id: "r/2"
                )
                #expect(try await Self.texts(Self.replay, stage) == ["stopped operator-1 reason-1 1 2 1 1 t"])

                // The second sitting begins and ends within one message, and the first one is told of again.
                let complete = Self.run(2, startedAt: later, end: ReplayRun.End(at: later, isComplete: true))
                try await tell(
                    [
                        .replay(Self.run(2, startedAt: later)), .replayed(Self.event(3, of: 2, decided)),
                        .replay(complete), .replay(Self.run(1)), .replayed(Self.event(3, of: 2, decided)),
                    ],
                    id: "r/3"
                )
                #expect(try await Self.texts(Self.replay, stage) == ["complete operator-1 reason-1 2 2 2 2 t"])
                #expect(auditor.auditor.counters.dead == 0)
            }
        }
    }

    @Test func `A replayed event stands beside what its callback was answered`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { auditor in
                var intervals = Decision.example
                intervals.verdict = .record(try RecordingPlan(formats: [.mp4], intervals: [.mp4: 301]))
                try await stage.publish([
                    [
                        AuditRecord.outcome(.number(1)), .outcome(.number(2, .fallback(.timeout))),
                        .outcome(.number(3)),
                        .replayed(Self.event(1, of: 1, .decision(.example))),
                        .replayed(Self.event(2, of: 2, .decision(.example))),
                        .replayed(Self.event(3, of: 3, .decision(intervals))),
                        .replayed(Self.event(4, of: 4, .decision(.example))),
                    ].message(stage.topology)
                ])
                try await eventually("three outcomes") { auditor.auditor.counters.outcomes == 3 }
                #expect(
                    try await Self.texts(
                        """
                        SELECT concat_ws(' ', stream, coalesce(first_cause, '-'), coalesce(first_need_record::text, '-'),
                            need_record, is_different) FROM needrecord.replay_results ORDER BY stream
                        """,
                        stage
                    ) == ["s1 decided true t f", "s2 timeout false t t", "s3 decided true t t", "s4 - - t f"]
                )
            }
        }
    }

    @Test func `A record that the database refuses is dead by itself`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { auditor in
                var long = Self.run(1)
                long.operatorName = String(repeating: "é", count: 127)
                let good = Self.run(2)
                var future = Self.run(3)
                future.startedAt = Timestamp(millisecondsSinceEpoch: 99_999_999_999_999)
                try await stage.publish([
                    [AuditRecord.replay(long), .replay(good), .replay(future)].message(stage.topology)
                ])
                let letters = try await stage.deadLetters(1)
                #expect(
                    letters[0].properties.headers[DeadLetter.reasonHeader]?.stringValue == "invalid_field: time"
                )
                try await eventually("the others") {
                    try await Self.texts("SELECT run::text FROM needrecord.replay_runs", stage).count == 2
                }
            }
        }
    }

    @Test func `What is old goes, and a replay with its last event`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { auditor in
                try await stage.publish([
                    [AuditRecord.replay(Self.run(1)), .replayed(Self.event(1, of: 1, .decision(.example)))]
                        .message(stage.topology)
                ])
                try await eventually("the event") {
                    try await Self.texts("SELECT stream::text FROM needrecord.replayed_events", stage) == ["s1"]
                }
            }
            func prune(_ time: String) async throws -> Int {
                try await stage.database.withConnection(role: "needrecord_auditor") { connection in
                    try await connection.query("SELECT needrecord.prune_replays(\(time)::timestamptz, 10)")[0]
                        .decode(Int.self)
                }
            }
            #expect(try await prune("2023-11-14 22:13:20+00") == 0)
            #expect(try await prune("2023-11-14 22:13:21+00") == 2)
            #expect(try await Self.texts("SELECT replay::text FROM needrecord.replays", stage) == [])
        }
    }
}
