import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// Several writers change rules at the same time.
@Suite(.timeLimit(.minutes(1))) struct RuleWritersTests {
    @Test func `Two transactions that change the same rules in opposite order both finish`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { first in
                try await first.simpleQuery("INSERT INTO needrecord.rules (effect) VALUES ('skip'), ('skip')")
                try await first.simpleQuery("BEGIN; UPDATE needrecord.rules SET priority = 1 WHERE id = 1")
                async let second: Void = database.withConnection(role: "needrecord_operator") { connection in
                    try await connection.simpleQuery(
                        """
                        BEGIN;
                        UPDATE needrecord.rules SET priority = priority + 10 WHERE id = 2;
                        UPDATE needrecord.rules SET priority = priority + 10 WHERE id = 1;
                        COMMIT
                        """
                    )
                }
                try await Self.waitUntilSomebodyWaits(database)
                try await first.simpleQuery("UPDATE needrecord.rules SET priority = 2 WHERE id = 2; COMMIT")
                try await second
                #expect(try await first.revision() == 3)
                let priorities = try await first.column(Int.self, "SELECT priority FROM needrecord.rules ORDER BY id")
                #expect(priorities == [11, 12])
                let before = try await first.column(
                    Int.self,
                    "SELECT priority FROM needrecord.rules_at(2) ORDER BY id"
                )
                #expect(before == [1, 2])
            }
        }
    }

    private static func waitUntilSomebodyWaits(_ database: ProductDatabase) async throws {
        // What others do is hidden from the product's roles.
        try await database.withConnection { owner in
            try await eventually("the second writer waits") {
                try await owner.value(
                    Bool.self,
                    """
                    SELECT EXISTS (
                        SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                    )
                    """
                )
            }
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
                let revisions = try await connection.column(
                    Int64.self,
                    "SELECT revision FROM needrecord.rule_revisions ORDER BY changed_at"
                )
                #expect(revisions == Array(1...40))
            }
        }
    }

    @Test func `While rules are changed in any order, every snapshot holds exactly the rules of its revision`()
        async throws
    {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                _ = try await connection.insert((0..<20).map { .written(app: "app\($0)") })
            }
            async let written: Void = withThrowingTaskGroup { group in
                for writer in 0..<4 {
                    group.addTask { try await Self.write(UInt64(writer), database) }
                }
                try await group.waitForAll()
            }
            try await database.withConnection(role: "needrecord_reader") { reader in
                var last: Int64 = 0
                while last < 101 {
                    let (revision, isSame) = try await Self.snapshot(reader)
                    #expect(revision >= last)
                    #expect(isSame, "revision \(revision)")
                    last = revision
                }
            }
            try await written
        }
    }

    /// Changes overlapping rules in 25 transactions of three statements.
    private static func write(_ seed: UInt64, _ database: ProductDatabase) async throws {
        var random = SeededGenerator(seed: seed)
        try await database.withConnection(role: "needrecord_operator") { connection in
            for _ in 0..<25 {
                let ids = (0..<3).map { _ in Int64.random(in: 1...20, using: &random) }
                try await connection.withTransaction { transaction in
                    for id in ids {
                        try await transaction.execute(
                            "UPDATE needrecord.rules SET priority = priority + 1 WHERE id BETWEEN \(id) AND \(id + 2)"
                        )
                    }
                }
            }
        }
    }

    /// The revision, and whether the rules are those that are kept for it; in one statement, so in one snapshot.
    private static func snapshot(_ reader: PostgresConnection) async throws -> (revision: Int64, isSame: Bool) {
        try await reader.query(
            """
            SELECT v.revision, NOT EXISTS (
                SELECT FROM (SELECT id, priority FROM needrecord.rules) AS r
                FULL JOIN (
                    SELECT id, priority FROM needrecord.rule_versions
                    WHERE since_revision <= v.revision AND (until_revision > v.revision OR until_revision IS NULL)
                ) AS k USING (id, priority)
                WHERE r IS NULL OR k IS NULL
            )
            FROM needrecord.rule_revision AS v
            """
        )[0].decode((Int64, Bool).self)
    }
}
