import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FactsReaderPlanTests {
    private static let count = 200_000

    @Test func `Among two hundred thousand rules the index is used`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                // The history of so many rules is not what this is about.
                try await owner.simpleQuery(
                    """
                    ALTER TABLE needrecord.rules DISABLE TRIGGER rules_inserted;
                    INSERT INTO needrecord.rules (domain, app, stream, effect)
                    SELECT 'test.com', 'app' || n % 100, CASE WHEN n <= 100 THEN '*' ELSE 'stream' || n END, 'record'
                    FROM generate_series(1, \(Self.count)) AS n;
                    ANALYZE needrecord.rules;
                    """,
                    timeout: .seconds(60)
                )
            }
            // A prepared statement may get a plan of its own for each batch, or after a while one for all of them.
            for mode in ["force_custom_plan", "force_generic_plan"] {
                try await database.withConnection(role: "needrecord_worker") { connection in
                    try await connection.simpleQuery("SET plan_cache_mode = \(mode)")
                    for batch in [1, 256] {
                        try await Self.check(batch, mode, connection)
                    }
                }
            }
        }
    }

    private static func check(_ batch: Int, _ mode: String, _ connection: PostgresConnection) async throws {
        let events = (0..<batch).map { number in
            StreamEvent.of(app: "app\(number % 100)", stream: "stream\(1_000 + number)")
        }
        let plan = try await plan(for: events, connection)
        #expect(!plan.contains("Seq Scan on rules"), "\(mode), \(batch): \(plan)")
        #expect(plan.contains("Index Scan") && plan.contains("rules_lookup"), "\(mode), \(batch): \(plan)")

        // The rule of the stream itself, and that of every stream of its application.
        let facts = try await FactsReader().facts(for: events, on: connection, timeout: .seconds(10))
        #expect(facts.allSatisfy { $0.rules.count == 2 })
    }

    /// The plan of the worker's statement for these events, whose names need no quoting.
    private static func plan(for events: [StreamEvent], _ connection: PostgresConnection) async throws -> String {
        func array(_ names: [String]) -> String { "'{\(names.joined(separator: ","))}'" }
        let (domains, apps, streams) = (events.map(\.domain), events.map(\.app), events.map(\.stream))
        try await connection.simpleQuery(
            "PREPARE facts_\(events.count) (text[], text[], text[]) AS \(FactsReader.query(for: events).sql)"
        )
        let sql = "EXPLAIN EXECUTE facts_\(events.count) (\(array(domains)), \(array(apps)), \(array(streams)))"
        return try await connection.query(PostgresQuery(unescaped: sql)).map { row in
            try row.decode(String.self, at: 0)
        }.joined(separator: "\n")
    }
}
