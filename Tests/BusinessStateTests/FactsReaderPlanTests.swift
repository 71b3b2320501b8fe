import BusinessState
import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

/// Among many rules the statement of a decision uses the index, whatever the server knew when it planned it.
@Suite(.timeLimit(.minutes(3))) struct FactsReaderPlanTests {
    private static let exactRules = 30_000
    private static let globs = 1_000

    private static func events(_ count: Int) -> [StreamEvent] {
        (0..<count).map { number in .of(app: "app\(number % 100)", stream: "stream\(1_000 + number)") }
    }

    /// Makes loading quick, and keeps the server from looking at what is loaded before it is told to: it makes its plans
    /// anew after each change of a table's definition, and whenever it has counted the rows.
    private static func prepare(_ owner: PostgresConnection) async throws {
        try await owner.simpleQuery("ALTER TABLE needrecord.rules DISABLE TRIGGER USER")
        for table in ["rules", "rule_versions", "rule_shapes"] {
            try await owner.simpleQuery("ALTER TABLE needrecord.\(table) SET (autovacuum_enabled = false)")
        }
        // As after a first try: the server knows that there is next to nothing.
        try await owner.simpleQuery(
            """
            INSERT INTO needrecord.rules (app, effect) VALUES ('first', 'record'), ('first', 'skip');
            INSERT INTO needrecord.rule_versions SELECT 1, NULL, r.* FROM needrecord.rules AS r;
            ANALYZE needrecord.rules, needrecord.rule_versions, needrecord.rule_shapes;
            """
        )
    }

    /// Adds many rules, and each as it was in the first revision.
    private static func load(_ owner: PostgresConnection) async throws {
        try await owner.simpleQuery(
            """
            INSERT INTO needrecord.rules (domain, app, stream, effect)
            SELECT 'test.com', 'app' || n % 100, CASE WHEN n <= 100 THEN '*' ELSE 'stream' || n END, 'record'
            FROM generate_series(1, \(exactRules)) AS n;
            INSERT INTO needrecord.rules (domain, app, stream, effect)
            SELECT CASE WHEN n % 2 = 0 THEN '*' ELSE 'test.com' END, 'glob' || n,
                CASE n % 4 WHEN 0 THEN 'room-*' WHEN 1 THEN '*-' || n WHEN 2 THEN '*vip' || n || '*' ELSE '*x*' END,
                'skip'
            FROM generate_series(1, \(globs)) AS n;
            INSERT INTO needrecord.rule_versions SELECT 1, NULL, r.* FROM needrecord.rules AS r WHERE app <> 'first';
            INSERT INTO needrecord.rule_shapes (shape, rules)
            SELECT split_part(lookup, E'\\t', 1), count(*) FROM needrecord.rules GROUP BY 1;
            UPDATE needrecord.rule_revision SET revision = 1;
            """,
            timeout: .seconds(120)
        )
    }

    @Test func `Among many rules the index is used, whether they were counted or loaded after the plan was made`()
        async throws
    {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                try await Self.prepare(owner)
                try await Self.expectIndexAfterLoad(database, owner)
                try await owner.simpleQuery(
                    "ANALYZE needrecord.rules, needrecord.rule_versions, needrecord.rule_shapes"
                )
            }
            for batch in [1, 256] {
                try await database.withReader { try await Self.expectIndex(batch, $0) }
                try await database.withReader(role: "needrecord_reader") {
                    try await Self.expectIndex(batch, asOf: 1, $0)
                }
            }
        }
    }

    @Test func `Rules are found by numbers, not by comparing texts with one another`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let indexes = try await owner.column(
                    String.self,
                    "SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'rules\\_lookup%'"
                )
                #expect(indexes.count == 2 && indexes.allSatisfy { $0.contains("USING hash (lookup)") }, "\(indexes)")
            }
        }
    }

    /// Loads the rules while there are statements that were planned when there were two.
    private static func expectIndexAfterLoad(_ database: ProductDatabase, _ owner: PostgresConnection) async throws {
        try await database.withReader { worker in
            try await database.withReader(role: "needrecord_reader") { reader in
                try await database.withConnection(role: "needrecord_worker") { careless in
                    try await plan(worker)
                    try await plan(reader, asOf: 1)
                    try await plan(careless)
                    try await load(owner)
                    try await expectIndex(256, worker)
                    try await expectIndex(256, asOf: 1, reader)

                    // Why a session has to have the settings.
                    let scan = try await explain(256, careless)
                    #expect(scan.contains("Seq Scan on rules"), "\(scan)")
                }
            }
        }
    }

    /// Runs the statement until the server has made the plan that it keeps.
    private static func plan(_ connection: PostgresConnection, asOf revision: Int64? = nil) async throws {
        for _ in 0..<8 { _ = try await connection.facts(events(256), asOf: revision) }
    }

    private static func expectIndex(
        _ batch: Int,
        asOf revision: Int64? = nil,
        _ connection: PostgresConnection
    ) async throws {
        // The rule of the stream itself, and that of every stream of its application.
        let facts = try await connection.facts(events(batch), asOf: revision)
        #expect(facts.allSatisfy { $0.live.rules.count == 2 })

        let plan = try await explain(batch, connection)
        let looks = plan.split(separator: "\n").filter {
            $0.contains(" on rules ") || $0.contains(" on rule_versions ")
        }
        #expect(looks.count == (revision == nil ? 3 : 2), "\(batch): \(plan)")
        #expect(looks.allSatisfy { $0.contains("Index Scan using") && $0.contains("_lookup") }, "\(batch): \(plan)")
        // Each by its key, not one for all.
        #expect(!plan.contains("Hash Join") && !plan.contains("Merge Join"), "\(batch): \(plan)")
        #expect(plan.components(separatedBy: "Index Cond: (lookup = ").count == looks.count + 1, "\(batch): \(plan)")
        #expect(!plan.contains("JIT"), "\(batch): \(plan)")
    }

    /// The plan of the statement that this connection has prepared for its facts.
    private static func explain(_ batch: Int, _ connection: PostgresConnection) async throws -> String {
        let row = try await connection.query(
            """
            SELECT name, parameter_types::text[] FROM pg_prepared_statements WHERE statement LIKE '%rule_shapes AS s%'
            """
        )[0]
        func array(_ names: [String]) -> String { "'{\(names.joined(separator: ","))}'" }
        let events = events(batch)
        var names = [array(events.map(\.domain)), array(events.map(\.app)), array(events.map(\.stream))][...]
        let values = try row.decode([String].self, at: 1).map { type in
            switch type {
            case "text[]": names.removeFirst()
            case "bigint": "1"
            default: "now()"
            }
        }
        let name = try row.decode(String.self, at: 0)
        return try await connection.column(
            String.self,
            PostgresQuery(unescaped: "EXPLAIN EXECUTE \(name) (\(values.joined(separator: ", ")))")
        ).joined(separator: "\n")
    }
}
