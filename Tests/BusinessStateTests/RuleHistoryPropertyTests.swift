import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// Whatever was done to the rules, each revision can be read back, and each decision made again.
@Suite(.timeLimit(.minutes(2))) struct RuleHistoryPropertyTests {
    private static let transactions = 100

    /// What was decided, to be decided again.
    private struct Decided {
        var event: StreamEvent
        var decision: Decision
    }

    @Test(arguments: [302, 303] as [UInt64])
    func `After random changes every revision reads as it was, and every decision comes out the same`(seed: UInt64)
        async throws
    {
        try await ProductDatabase.with { database in
            try await database.addQuotas(RuleDraw.quotas)
            var draw = RuleDraw(seed: seed)
            let events = (0..<8).map { _ in draw.event() }
            var model = RuleHistoryModel()
            var decided: [Decided] = []
            var moments: [PostgresTimestamp] = []
            try await database.withConnection(role: "needrecord_operator") { writer in
                moments.append(try await writer.value(PostgresTimestamp.self, "SELECT clock_timestamp()"))
                try await database.withReader { worker in
                    for _ in 0..<Self.transactions {
                        try await Self.run(&model, &draw, writer)
                        #expect(try await writer.revision() == model.revision)
                        if Int64(moments.count) <= model.revision {
                            moments.append(try await writer.value(PostgresTimestamp.self, "SELECT clock_timestamp()"))
                        }
                        decided += try await Self.decideAll(events, &draw, worker)
                    }
                    #expect(try await Self.wrongShapes(worker).isEmpty)
                }
            }
            try #require(model.revision > 40)
            try await database.withReader(role: "needrecord_reader") { reader in
                try await Self.expectRevisions(of: model, events, reader)
                try await Self.expectMoments(moments, reader)
                for batch in stride(from: 0, to: decided.count, by: events.count) {
                    try await Self.expectSame(Array(decided[batch..<(batch + events.count)]), reader)
                }
            }
        }
    }

    /// One transaction of some changes, with savepoints, of which some are rolled back.
    private static func run(
        _ model: inout RuleHistoryModel,
        _ draw: inout RuleDraw,
        _ writer: PostgresConnection
    ) async throws {
        let before = model
        try await writer.simpleQuery("BEGIN")
        for _ in 0...draw.integer(0...2) {
            if draw.once(in: 3) {
                try await runSavepoint(&model, &draw, writer)
            } else {
                try await model.change(writer, &draw)
            }
        }
        if draw.once(in: 6) {
            try await writer.simpleQuery("ROLLBACK")
            model = before
        } else {
            try await writer.simpleQuery("COMMIT")
            model.commit()
        }
    }

    private static func runSavepoint(
        _ model: inout RuleHistoryModel,
        _ draw: inout RuleDraw,
        _ writer: PostgresConnection
    ) async throws {
        let before = model
        try await writer.simpleQuery("SAVEPOINT here")
        for _ in 0...draw.integer(0...1) { try await model.change(writer, &draw) }
        if draw.once(in: 2) {
            try await writer.simpleQuery("ROLLBACK TO here")
            model = before
        } else {
            try await writer.simpleQuery("RELEASE here")
        }
    }

    private static func decideAll(
        _ events: [StreamEvent],
        _ draw: inout RuleDraw,
        _ worker: PostgresConnection
    ) async throws -> [Decided] {
        let now = Timestamp.example.advanced(by: .seconds(draw.integer(0...31_536_000)))
        var decided: [Decided] = []
        for (event, facts) in zip(events, try await worker.facts(events, now: now)) {
            var facts = facts.live
            facts.reservation = draw.reservation()
            decided.append(Decided(event: event, decision: decide(event, facts, now: now)))
        }
        return decided
    }

    /// The shapes that are not counted as they are.
    private static func wrongShapes(_ worker: PostgresConnection) async throws -> [String] {
        try await worker.column(
            String.self,
            """
            SELECT coalesce(s.shape, r.shape)
            FROM (SELECT shape, rules FROM needrecord.rule_shapes WHERE rules > 0) AS s
            FULL JOIN (
                SELECT split_part(lookup, E'\\t', 1) AS shape, count(*) AS rules FROM needrecord.rules GROUP BY 1
            ) AS r USING (shape, rules)
            WHERE s.shape IS NULL OR r.shape IS NULL
            """
        )
    }

    private static func expectRevisions(
        of model: RuleHistoryModel,
        _ events: [StreamEvent],
        _ reader: PostgresConnection
    ) async throws {
        for (revision, rules) in model.revisions.enumerated() {
            let rows = try await reader.query(
                "SELECT \(unescaped: Rule.columns) FROM needrecord.rules_at(\(revision)) AS r ORDER BY id"
            )
            let expected = rules.values.sorted { $0.id < $1.id }
            #expect(try rows.map { try Rule(row: $0, from: 0) } == expected, "revision \(revision)")

            let facts = try await reader.facts(events, asOf: Int64(revision))
            for (event, facts) in zip(events, facts) {
                let matching = expected.filter {
                    $0.domain.matches(event.domain) && $0.app.matches(event.app) && $0.stream.matches(event.stream)
                }
                #expect(facts.live.rules.sorted { $0.id < $1.id } == matching, "revision \(revision)")
                #expect(facts.live.revision == Int64(revision))
                #expect(facts.shadow == nil)
            }
        }
    }

    /// - Parameter moments: One for each revision, after it and before the next.
    private static func expectMoments(_ moments: [PostgresTimestamp], _ reader: PostgresConnection) async throws {
        let revisions = try await reader.column(
            Int.self,
            """
            SELECT needrecord.revision_at(moment)
            FROM unnest(\(moments)::timestamptz[]) WITH ORDINALITY AS m (moment, number) ORDER BY number
            """
        )
        #expect(revisions == Array(moments.indices))
    }

    /// Decides what was decided on one revision again, long after it.
    private static func expectSame(_ decided: [Decided], _ reader: PostgresConnection) async throws {
        let then = decided[0].decision
        let events = decided.map(\.event)
        // The clock of today: what was decided by is in the decision.
        let facts = try await reader.facts(events, asOf: then.revision)
        for (before, facts) in zip(decided, facts) {
            let again = before.decision.facts(rules: facts.live.rules)
            #expect(decide(before.event, again, now: then.decidedAt) == before.decision)
        }
    }
}
