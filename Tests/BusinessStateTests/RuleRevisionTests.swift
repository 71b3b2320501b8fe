import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RuleRevisionTests {
    private static func withConnection(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator", body)
        }
    }

    @Test func `Each statement that changes rules is one revision, however many rules it changes`() async throws {
        try await Self.withConnection { connection in
            for (sql, revision) in [
                ("INSERT INTO needrecord.rules (effect) VALUES ('skip')", 1),
                ("INSERT INTO needrecord.rules (effect, app) VALUES ('skip', 'a'), ('skip', 'b'), ('record', 'c')", 2),
                ("UPDATE needrecord.rules SET note = 'all of them'", 3),
                ("DELETE FROM needrecord.rules WHERE app IN ('a', 'b')", 4),
            ] as [(String, Int64)] {
                try await connection.simpleQuery(sql)
                #expect(try await connection.revision() == revision, "\(sql)")
            }
        }
    }

    @Test func `A statement that changes no rule is no revision, and neither is one that fails or is undone`()
        async throws
    {
        try await Self.withConnection { connection in
            try await connection.simpleQuery("INSERT INTO needrecord.rules (effect) VALUES ('skip')")
            for sql in [
                "UPDATE needrecord.rules SET note = 'x' WHERE false",
                "DELETE FROM needrecord.rules WHERE id < 0",
                "INSERT INTO needrecord.rules (effect) SELECT 'skip' WHERE false",
                "BEGIN; DELETE FROM needrecord.rules; ROLLBACK",
            ] {
                try await connection.simpleQuery(sql)
                #expect(try await connection.revision() == 1, "\(sql)")
            }
            _ = try await connection.failure(of: "UPDATE needrecord.rules SET effect = 'perhaps'")
            #expect(try await connection.revision() == 1)
            #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.rule_history") == 1)
        }
    }

    @Test func `The history has every change, with what it left, its kind, and whose it was`() async throws {
        try await Self.withConnection { connection in
            try await connection.simpleQuery(
                """
                INSERT INTO needrecord.rules (effect, app) VALUES ('skip', 'a'), ('record', 'b');
                UPDATE needrecord.rules SET priority = 5 WHERE app = 'b';
                DELETE FROM needrecord.rules WHERE app = 'a';
                """
            )
            let history = try await connection.query(
                """
                SELECT revision, rule_id, operation, rule ->> 'app', (rule ->> 'priority')::int
                FROM needrecord.rule_history ORDER BY revision, rule_id
                """
            ).map { row in
                let entry = try row.decode((Int, Int, String, String?, Int?).self)
                return "\(entry.0) \(entry.1) \(entry.2) \(entry.3 ?? "-") \(entry.4.map(String.init) ?? "-")"
            }
            #expect(history == ["1 1 insert a 0", "1 2 insert b 0", "2 2 update b 5", "3 1 delete - -"])
            let isOurs =
                "SELECT bool_and(changed_by = session_user AND changed_at <= clock_timestamp()) FROM needrecord.rule_history"
            #expect(try await connection.value(Bool.self, PostgresQuery(unescaped: isOurs)))
        }
    }

    @Test func `The rules of any revision can be read back, as they were then`() async throws {
        try await Self.withConnection { connection in
            let changes = [
                "INSERT INTO needrecord.rules (effect, app) VALUES ('skip', 'a'), ('record', 'b')",
                "UPDATE needrecord.rules SET formats = '{mp4}', interval_mp4 = 300 WHERE app = 'b'",
                "INSERT INTO needrecord.rules (effect, stream) VALUES ('record', E'it''s {\\\"x\\\"}')",
                "DELETE FROM needrecord.rules WHERE app = 'a'",
                "UPDATE needrecord.rules SET priority = priority + 1",
                "DELETE FROM needrecord.rules",
            ]
            var expected = [try await Self.rules(connection)]
            for change in changes {
                try await connection.simpleQuery(change)
                expected.append(try await Self.rules(connection))
            }
            for (revision, rules) in expected.enumerated() {
                #expect(try await Self.rules(connection, of: revision) == rules, "revision \(revision)")
            }
            #expect(Set(expected).count == 6)
        }
    }

    @Test func `Writers at the same time get revisions of their own, and none is left out`() async throws {
        try await ProductDatabase.with { database in
            try await withThrowingTaskGroup { group in
                for writer in 0..<4 {
                    group.addTask {
                        try await database.withConnection(role: "needrecord_operator") { connection in
                            for number in 0..<10 {
                                try await connection.execute(
                                    "INSERT INTO needrecord.rules (effect, app) VALUES ('skip', \("\(writer).\(number)"))"
                                )
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await database.withConnection(role: "needrecord_reader") { connection in
                #expect(try await connection.revision() == 40)
                let revisions = try await connection.query("SELECT revision FROM needrecord.rule_history ORDER BY 1")
                    .map { row in try row.decode(Int.self, at: 0) }
                #expect(revisions == Array(1...40))
            }
        }
    }

    /// The rules as they are, one text for each.
    private static func rules(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query("SELECT to_jsonb(r)::text FROM needrecord.rules AS r ORDER BY id").map { row in
            try row.decode(String.self, at: 0)
        }
    }

    /// The rules as they were at a revision.
    private static func rules(_ connection: PostgresConnection, of revision: Int) async throws -> [String] {
        try await connection.query(
            """
            SELECT rule::text FROM (
                SELECT DISTINCT ON (rule_id) rule_id, rule FROM needrecord.rule_history
                WHERE revision <= \(revision) ORDER BY rule_id, revision DESC
            ) AS newest
            WHERE rule IS NOT NULL ORDER BY rule_id
            """
        ).map { row in try row.decode(String.self, at: 0) }
    }
}
