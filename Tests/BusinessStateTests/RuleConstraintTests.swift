import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// No writer can store a rule that the decision code would have to guess about.
@Suite(.timeLimit(.minutes(1))) struct RuleConstraintTests {
    /// What is inserted, and the constraint that refuses it.
    private static let violations: [(columns: String, values: String, constraint: String)] = [
        ("effect", "'perhaps'", "rules_effect_known"),
        ("effect", "'Record'", "rules_effect_known"),
        ("effect", "''", "rules_effect_known"),
        ("effect, priority", "'skip', 1000001", "rules_priority_range"),
        ("effect, priority", "'skip', -1000001", "rules_priority_range"),
        ("effect, note", "'skip', repeat('x', 1001)", "rules_note_length"),
        ("effect, note", "'skip', repeat('é', 501)", "rules_note_length"),
        ("effect, formats", "'record', '{mkv}'", "rules_formats_known"),
        ("effect, formats", "'record', '{MP4}'", "rules_formats_known"),
        ("effect, formats", "'record', '{flv,mp4}'", "rules_formats_known"),
        ("effect, formats", "'record', '{mp4,mp4}'", "rules_formats_known"),
        ("effect, formats", "'record', '{NULL}'", "rules_formats_known"),
        ("effect, formats", "'record', '{{mp4}}'", "rules_formats_known"),
        ("effect, formats", "'skip', '{mp4}'", "rules_skip_is_plain"),
        ("effect, interval_mp4", "'skip', 300", "rules_skip_is_plain"),
        ("effect, interval_flv", "'skip', 300", "rules_skip_is_plain"),
        ("effect, interval_m3u8", "'skip', 300", "rules_skip_is_plain"),
        ("effect, formats, interval_mp4", "'record', '{flv}', 300", "rules_interval_has_format"),
        ("effect, formats, interval_flv", "'record', '{mp4}', 300", "rules_interval_has_format"),
        ("effect, formats, interval_m3u8", "'record', '{mp4,flv}', 300", "rules_interval_has_format"),
        ("effect, interval_mp4", "'record', 4", "interval_seconds_range"),
        ("effect, interval_flv", "'record', 21601", "interval_seconds_range"),
        ("effect, interval_m3u8", "'record', -5", "interval_seconds_range"),
        ("effect, domain", "'skip', ''", "name_pattern_length"),
        ("effect, app", "'skip', repeat('x', 256)", "name_pattern_length"),
        ("effect, stream", "'skip', repeat('日', 86)", "name_pattern_length"),
        ("effect, stream", "'skip', E'a\\nb'", "name_pattern_printable"),
        ("effect, app", "'skip', E'\\x7F'", "name_pattern_printable"),
        ("effect, domain", "'skip', E'\\x01'", "name_pattern_printable"),
    ]

    @Test func `Each constraint refuses what it is for, by its name`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                for (columns, values, constraint) in Self.violations {
                    let error = try await connection.failure(
                        of: "INSERT INTO needrecord.rules (\(columns)) VALUES (\(values))"
                    )
                    #expect(error.sqlState == .checkViolation, "\(columns): \(values)")
                    #expect(error.constraint == constraint, "\(columns): \(values)")
                }
                #expect(try await connection.revision() == 0)
            }
        }
    }

    @Test func `What the platform accepts is accepted, to the edge`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                for (columns, values) in [
                    ("effect, priority", "'skip', 1000000"), ("effect, priority", "'skip', -1000000"),
                    ("effect, note", "'skip', repeat('x', 1000)"), ("effect, stream", "'skip', repeat('日', 85)"),
                    ("effect, interval_mp4, interval_flv, interval_m3u8", "'record', 5, 21600, 30"),
                    ("effect, formats", "'record', '{mp4,flv,m3u8}'"),
                    ("effect, formats, interval_m3u8", "'record', '{flv,m3u8}', 5"),
                    ("effect, domain", "'skip', '{\"quoted\\'"),
                ] {
                    try await connection.simpleQuery("INSERT INTO needrecord.rules (\(columns)) VALUES (\(values))")
                }
                #expect(try await RuleStore(connection).list().rules.count == 8)
            }
        }
    }

    @Test func `Names and effect are never null`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                for column in ["domain", "app", "stream", "effect", "formats", "priority", "note", "created_at"] {
                    let columns = column == "effect" ? "effect" : "effect, \(column)"
                    let values = column == "effect" ? "NULL" : "'skip', NULL"
                    let error = try await connection.failure(
                        of: "INSERT INTO needrecord.rules (\(columns)) VALUES (\(values))"
                    )
                    #expect(error.sqlState == .notNullViolation)
                    #expect(error.column == column)
                }
            }
        }
    }

    @Test func `An id is for life, and the table cannot be truncated, even by its owner`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery("INSERT INTO needrecord.rules (effect) VALUES ('skip')")
                let renumbered = try await owner.failure(of: "UPDATE needrecord.rules SET id = DEFAULT")
                #expect(renumbered.sqlState == SQLState(rawValue: "23000"))
                #expect(renumbered.message == "the id of a rule cannot change")
                let truncated = try await owner.failure(of: "TRUNCATE needrecord.rules")
                #expect(truncated.sqlState == SQLState(rawValue: "23000"))
                #expect(truncated.hint == "Use DELETE.")
                let chosen = try await owner.failure(of: "INSERT INTO needrecord.rules (id, effect) VALUES (7, 'skip')")
                #expect(chosen.sqlState == SQLState(rawValue: "428C9"))
                #expect(try await owner.revision() == 1)
            }
        }
    }
}
