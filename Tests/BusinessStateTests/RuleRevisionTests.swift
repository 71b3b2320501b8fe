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

    @Test func `Each transaction that changes rules is one revision, however many statements it has`() async throws {
        try await Self.withConnection { connection in
            for (sql, revision) in [
                ("INSERT INTO needrecord.rules (effect) VALUES ('skip')", 1),
                ("INSERT INTO needrecord.rules (effect, app) VALUES ('skip', 'a'), ('skip', 'b'), ('record', 'c')", 2),
                ("UPDATE needrecord.rules SET note = 'all of them'", 3),
                (
                    """
                    BEGIN;
                    INSERT INTO needrecord.rules (effect) VALUES ('skip');
                    UPDATE needrecord.rules SET priority = 1;
                    SAVEPOINT before;
                    DELETE FROM needrecord.rules;
                    ROLLBACK TO before;
                    DELETE FROM needrecord.rules WHERE app = 'c';
                    COMMIT
                    """, 4
                ),
                ("DELETE FROM needrecord.rules WHERE app IN ('a', 'b')", 5),
            ] as [(String, Int64)] {
                try await connection.simpleQuery(sql)
                #expect(try await connection.revision() == revision, "\(sql)")
            }
            let listed = try await connection.column(
                Int64.self,
                "SELECT revision FROM needrecord.rule_revisions ORDER BY revision"
            )
            #expect(listed == [1, 2, 3, 4, 5])
        }
    }

    @Test func `What changes no rule is no revision, and neither is what fails or is undone`() async throws {
        try await Self.withConnection { connection in
            try await connection.simpleQuery("INSERT INTO needrecord.rules (effect, name) VALUES ('skip', 'a')")
            for sql in [
                "UPDATE needrecord.rules SET note = 'x' WHERE false",
                "UPDATE needrecord.rules SET note = note, stream = stream, percentage = NULL",
                "DELETE FROM needrecord.rules WHERE id < 0",
                "INSERT INTO needrecord.rules (effect) SELECT 'skip' WHERE false",
                "INSERT INTO needrecord.rules (effect, name) VALUES ('skip', 'a') ON CONFLICT DO NOTHING",
                "BEGIN; DELETE FROM needrecord.rules; ROLLBACK",
                "BEGIN; SAVEPOINT s; DELETE FROM needrecord.rules; ROLLBACK TO s; COMMIT",
            ] {
                try await connection.simpleQuery(sql)
                #expect(try await connection.revision() == 1, "\(sql)")
            }
            _ = try await connection.failure(of: "UPDATE needrecord.rules SET effect = 'perhaps'")
            #expect(try await connection.revision() == 1)
            #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.rule_versions") == 1)
        }
    }

    @Test func `A rule is kept as it was from each change until the next`() async throws {
        try await Self.withConnection { connection in
            try await connection.simpleQuery(
                "INSERT INTO needrecord.rules (effect, app) VALUES ('skip', 'a'), ('record', 'b')"
            )
            try await connection.simpleQuery("UPDATE needrecord.rules SET priority = 5 WHERE app = 'b'")
            try await connection.simpleQuery("DELETE FROM needrecord.rules WHERE app = 'a'")
            let versions = try await connection.query(
                """
                SELECT since_revision, until_revision, id, app::text, priority
                FROM needrecord.rule_versions ORDER BY id, since_revision
                """
            ).map { row in
                let version = try row.decode((Int, Int?, Int, String, Int).self)
                return "\(version.0)..\(version.1.map(String.init) ?? "") \(version.2) \(version.3) \(version.4)"
            }
            #expect(versions == ["1..3 1 a 0", "1..2 2 b 0", "2.. 2 b 5"])
        }
    }

    @Test func `What a transaction makes and takes away again leaves no version`() async throws {
        try await Self.withConnection { connection in
            try await connection.simpleQuery(
                """
                BEGIN;
                INSERT INTO needrecord.rules (effect) VALUES ('skip');
                UPDATE needrecord.rules SET priority = 1;
                DELETE FROM needrecord.rules;
                COMMIT
                """
            )
            #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.rule_versions") == 0)
        }
    }

    @Test func `A revision knows who changed the rules, when, and what for`() async throws {
        try await Self.withConnection { connection in
            let before = try await connection.value(PostgresTimestamp.self, "SELECT clock_timestamp()")
            for sql in [
                "BEGIN; SET LOCAL needrecord.note = 'spring plan'; INSERT INTO needrecord.rules (effect) VALUES ('skip'); COMMIT",
                // The note was for that transaction only.
                "INSERT INTO needrecord.rules (effect) VALUES ('skip')",
                "BEGIN; SET LOCAL needrecord.note = 'undone'; DELETE FROM needrecord.rules; ROLLBACK",
                "DELETE FROM needrecord.rules WHERE id = 1",
            ] { try await connection.simpleQuery(sql) }
            let notes = try await connection.column(
                String.self,
                "SELECT note FROM needrecord.rule_revisions ORDER BY revision"
            )
            #expect(notes == ["spring plan", "", ""])
            let isOurs = """
                SELECT bool_and(changed_by = session_user AND changed_at BETWEEN \(before) AND clock_timestamp())
                FROM needrecord.rule_revisions
                """ as PostgresQuery
            #expect(try await connection.value(Bool.self, isOurs))
        }
    }

    @Test func `A note that is too long is an error, and then nothing is changed`() async throws {
        try await Self.withConnection { connection in
            try await connection.simpleQuery(
                """
                BEGIN; SET LOCAL needrecord.note = '\(String(repeating: "x", count: 1_000))';
                INSERT INTO needrecord.rules (effect) VALUES ('skip'); COMMIT
                """
            )
            try await connection.simpleQuery(
                "BEGIN; SET LOCAL needrecord.note = '\(String(repeating: "é", count: 501))'"
            )
            let error = try await connection.failure(of: "INSERT INTO needrecord.rules (effect) VALUES ('skip')")
            #expect(error.constraint == "rule_revisions_note_check")
            try await connection.simpleQuery("ROLLBACK")
            #expect(try await connection.revision() == 1)
        }
    }

    @Test func `The revision of a moment is the last one until then`() async throws {
        try await Self.withConnection { connection in
            var moments = [try await connection.value(PostgresTimestamp.self, "SELECT clock_timestamp()")]
            for _ in 0..<5 {
                try await connection.simpleQuery("INSERT INTO needrecord.rules (effect) VALUES ('skip')")
                moments.append(try await connection.value(PostgresTimestamp.self, "SELECT clock_timestamp()"))
            }
            let revisions = try await connection.column(
                Int64.self,
                """
                SELECT needrecord.revision_at(moment)
                FROM unnest(\(moments)::timestamptz[]) WITH ORDINALITY AS m (moment, number) ORDER BY number
                """
            )
            #expect(revisions == [0, 1, 2, 3, 4, 5])
            let changed = try await connection.column(
                Int64.self,
                "SELECT needrecord.revision_at(changed_at) FROM needrecord.rule_revisions ORDER BY revision"
            )
            #expect(changed == [1, 2, 3, 4, 5])
        }
    }

    @Test func `Of revisions of the same moment the last is the one of that moment`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                for revision in [2, 3, 1] {
                    try await owner.execute("INSERT INTO needrecord.rule_revisions (revision) VALUES (\(revision))")
                }
                try await owner.execute("UPDATE needrecord.rule_revisions SET changed_at = '2026-11-22 18:45:00Z'")
                #expect(try await owner.value(Int64.self, "SELECT needrecord.revision_at('2026-11-22 18:45:00Z')") == 3)
            }
        }
    }

    @Test func `A revision is there from its commit on, not from its first change`() async throws {
        try await Self.withConnection { connection in
            try await connection.simpleQuery("BEGIN; INSERT INTO needrecord.rules (effect) VALUES ('skip')")
            let during = try await connection.value(PostgresTimestamp.self, "SELECT clock_timestamp()")
            try await connection.simpleQuery("COMMIT")
            #expect(try await connection.value(Int64.self, "SELECT needrecord.revision_at(\(during))") == 0)
            #expect(try await connection.value(Int64.self, "SELECT needrecord.revision_at(clock_timestamp())") == 1)
        }
    }
}
