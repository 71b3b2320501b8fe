import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// What was stored before the rules had patterns and conditions means the same afterwards.
@Suite(.timeLimit(.minutes(1))) struct RuleMigrationTests {
    /// Names in which every character stood for itself, but for the one that is an asterisk alone.
    private static let names = ["plain", "*", "a*", "**", "?", "a?c", "\\", "\\*", "a\\b", "*.test.com", "日*本", "%_"]

    /// Runs `body` with a database that has only the first migration, and what brings it to the last one.
    private static func withFirst(
        _ body: (PostgresConnection, _ migrate: () async throws -> Void) async throws -> Void
    ) async throws {
        let files = try MigrationFile.load(directory: TestEnvironment.migrations)
        try await ProductDatabase.with(isMigrated: false) { database in
            try await database.withConnection { owner in
                try await Migrator(files: [files[0]], connection: owner).migrate()
                try await body(owner) {
                    try await Migrator(files: files, connection: owner).migrate()
                    for (name, value) in FactsReader.sessionSettings {
                        try await owner.execute("SELECT set_config(\(name), \(value), false)")
                    }
                }
            }
        }
    }

    @Test func `An exact name stays one, whatever characters are in it`() async throws {
        try await Self.withFirst { owner, migrate in
            try await owner.execute(
                """
                INSERT INTO needrecord.rules (domain, app, stream, effect)
                SELECT name, name, name, 'skip' FROM unnest(\(Self.names)::text[]) AS name
                """
            )
            try await migrate()
            let facts = try await owner.facts(Self.names.map { .of(domain: $0, app: $0, stream: $0) })
            for (index, name) in Self.names.enumerated() {
                // The second rule is for any name.
                #expect(Set(facts[index].live.rules.map(\.id.rawValue)) == [Int64(index + 1), 2], "\(name)")
            }
            let others = try await owner.facts([.of(domain: "abc", app: "abc", stream: "abc")])
            #expect(others[0].live.rules.map(\.id.rawValue) == [2])
            let patterns = try await owner.column(String.self, "SELECT stream FROM needrecord.rules ORDER BY id")
            #expect(patterns == Self.names.map { $0 == "*" ? "*" : NamePattern.exact($0).text })
            #expect(try await owner.revision() == 1)
        }
    }

    private static let changes = [
        "INSERT INTO needrecord.rules (effect, app, stream, note) VALUES ('skip', 'a?', '*', 'first'), ('record', 'b', 'c*', '')",
        "UPDATE needrecord.rules SET formats = '{mp4}', interval_mp4 = 300 WHERE app = 'b'",
        "INSERT INTO needrecord.rules (effect, domain) VALUES ('skip', 'd\\e')",
        "DELETE FROM needrecord.rules WHERE app = 'a?'",
        // Several statements of one transaction were revisions of their own.
        "UPDATE needrecord.rules SET priority = priority + 1; DELETE FROM needrecord.rules WHERE app = 'b'",
        "DELETE FROM needrecord.rules",
        "INSERT INTO needrecord.rules (effect, stream) VALUES ('record', '*')",
    ]

    @Test func `Every revision from before reads as it was`() async throws {
        try await Self.withFirst { owner, migrate in
            for change in Self.changes { try await owner.simpleQuery(change) }
            var expected: [[String]] = []
            for revision in 0...8 { expected.append(try await Self.rulesFromHistory(owner, of: revision)) }
            #expect(expected.map(\.count) == [0, 2, 2, 3, 2, 2, 1, 0, 1])
            try await migrate()
            for (revision, rules) in expected.enumerated() {
                #expect(try await Self.rules(owner, of: revision) == rules, "revision \(revision)")
            }

            let found = try await Self.found(.of(domain: "d\\e", app: "b", stream: "c*"), owner)
            #expect(found == [[], [2], [2], [2, 3], [2, 3], [2, 3], [3], [], [4]])
            let exact = try await Self.found(.of(app: "a?"), owner)
            #expect(exact == [[], [1], [1], [1], [], [], [], [], [4]])
            // A name with a question mark was no pattern then.
            let other = try await Self.found(.of(app: "ab"), owner)
            #expect(other == [[], [], [], [], [], [], [], [], [4]])
        }
    }

    /// The rules that an event had in each revision.
    private static func found(_ event: StreamEvent, _ owner: PostgresConnection) async throws -> [[Int64]] {
        var found: [[Int64]] = []
        for revision in 0...8 {
            let rules = try await owner.facts([event], asOf: Int64(revision))[0].live.rules
            found.append(rules.map(\.id.rawValue).sorted())
        }
        return found
    }

    @Test func `Revisions keep their times and authors, and go on from the last one`() async throws {
        try await Self.withFirst { owner, migrate in
            for change in Self.changes { try await owner.simpleQuery(change) }
            let history = try await owner.column(
                String.self,
                """
                SELECT DISTINCT ON (revision) concat_ws(' ', revision, changed_at, changed_by)
                FROM needrecord.rule_history ORDER BY revision, changed_at
                """
            )
            try await migrate()
            let revisions = try await owner.column(
                String.self,
                "SELECT concat_ws(' ', revision, changed_at, changed_by) FROM needrecord.rule_revisions ORDER BY revision"
            )
            #expect(revisions == history)
            #expect(revisions.count == 8)
            #expect(try await owner.revision() == 8)
            let moments = try await owner.column(
                Int64.self,
                "SELECT needrecord.revision_at(changed_at) FROM needrecord.rule_revisions ORDER BY revision"
            )
            #expect(moments == Array(1...8))

            try await owner.simpleQuery("UPDATE needrecord.rules SET priority = 7")
            #expect(try await owner.revision() == 9)
            let versions = try await owner.column(
                String.self,
                """
                SELECT concat(since_revision, '..', until_revision, ' ', priority)
                FROM needrecord.rule_versions WHERE id = 4 ORDER BY since_revision
                """
            )
            #expect(versions == ["8..9 0", "9.. 7"])
            let counted = try await owner.column(
                String.self,
                "SELECT concat(shape, ' ', rules) FROM needrecord.rule_shapes ORDER BY shape"
            )
            #expect(counted == ["* * * 1", "* = * 0", "* = = 0", "= * * 0"])
        }
    }

    /// The rules of a revision as the first migration keeps them, one text for each, with names as they were.
    private static func rulesFromHistory(_ owner: PostgresConnection, of revision: Int) async throws -> [String] {
        try await owner.column(
            String.self,
            """
            SELECT rule::text FROM (
                SELECT DISTINCT ON (rule_id) rule_id, rule FROM needrecord.rule_history
                WHERE revision <= \(revision) ORDER BY rule_id, revision DESC
            ) AS newest
            WHERE rule IS NOT NULL ORDER BY rule_id
            """
        )
    }

    /// The same from the versions: the columns of the first migration, with escaped names as the names that they stand for.
    private static func rules(_ owner: PostgresConnection, of revision: Int) async throws -> [String] {
        try await owner.column(
            String.self,
            """
            SELECT (
                SELECT jsonb_object_agg(
                    key, CASE WHEN key IN ('domain', 'app', 'stream')
                        THEN to_jsonb(regexp_replace(value #>> '{}', '\\\\(.)', '\\1', 'g')) ELSE value END
                )
                FROM jsonb_each(to_jsonb(r))
                WHERE key IN (
                    'id', 'created_at', 'priority', 'interval_mp4', 'interval_flv', 'interval_m3u8', 'domain', 'app',
                    'stream', 'effect', 'formats', 'note'
                )
            )::text
            FROM needrecord.rules_at(\(revision)) AS r ORDER BY id
            """
        )
    }
}
