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
        ("effect, stream", "'skip', 'a\\'", "name_pattern_escapes"),
        ("effect, app", "'skip', '\\a'", "name_pattern_escapes"),
        ("effect, domain", "'skip', '\\\\\\'", "name_pattern_escapes"),
    ]

    /// The same for the conditions beside the names.
    private static let conditionViolations: [(columns: String, values: String, constraint: String)] = [
        ("effect, codec", "'skip', 'h266'", "rules_codec_known"),
        ("effect, codec", "'skip', 'H264'", "rules_codec_known"),
        ("effect, codec", "'skip', ''", "rules_codec_known"),
        ("effect, bitrate_min", "'skip', -1", "rules_bitrate_range"),
        ("effect, bitrate_max", "'skip', -1", "rules_bitrate_range"),
        ("effect, bitrate_min, bitrate_max", "'skip', 2, 1", "rules_bitrate_range"),
        ("effect, bitrate_min, bitrate_max", "'skip', -2, -1", "rules_bitrate_range"),
        ("effect, valid_from, valid_until", "'skip', '2026-01-02', '2026-01-01'", "rules_validity_order"),
        ("effect, valid_from, valid_until", "'skip', '2026-01-01', '2026-01-01'", "rules_validity_order"),
        // Within one millisecond there is no time between them.
        (
            "effect, valid_from, valid_until", "'skip', '2026-01-01 00:00:00.0001', '2026-01-01 00:00:00.0002'",
            "rules_validity_order"
        ),
        ("effect, valid_from", "'skip', '1969-12-31 23:59:59.999Z'", "rules_valid_from_range"),
        ("effect, valid_from", "'skip', '9999-12-31 00:00:00.001Z'", "rules_valid_from_range"),
        ("effect, valid_from", "'skip', '-infinity'", "rules_valid_from_range"),
        ("effect, valid_until", "'skip', '1969-12-31'", "rules_valid_until_range"),
        ("effect, valid_until", "'skip', 'infinity'", "rules_valid_until_range"),
        ("effect, percentage", "'skip', -0.01", "rules_percentage_range"),
        ("effect, percentage", "'skip', 100.01", "rules_percentage_range"),
        ("effect, percentage", "'skip', 'NaN'", "rules_percentage_range"),
        ("effect, quota", "'skip', 'basic'", "rules_skip_has_no_quota"),
        ("effect, schedule", "'skip', '{mon 09:00-17:00}'", "rules_schedule_has_time_zone"),
        ("effect, time_zone", "'skip', 'UTC'", "rules_schedule_has_time_zone"),
        ("effect, rule_set", "'skip', ''", "label_spelling"),
        ("effect, rule_set", "'skip', '-policies'", "label_spelling"),
        ("effect, name", "'skip', 'vip rooms'", "label_spelling"),
        ("effect, name", "'skip', 'vip/rooms'", "label_spelling"),
        ("effect, name", "'skip', 'räume'", "label_spelling"),
        ("effect, name", "'skip', E'vip\\n'", "label_spelling"),
        ("effect, name", "'skip', repeat('x', 101)", "label_spelling"),
        ("effect, quota", "'record', '.basic'", "label_spelling"),
    ]

    /// What is no schedule, as SQL writes it, and the constraint that refuses it.
    private static let schedules: [(schedule: String, constraint: String)] = [
        ("'{}'", "rules_schedule_spelling"),
        ("'{NULL}'", "rules_schedule_spelling"),
        ("'{mon 09:00-17:00,NULL}'", "rules_schedule_spelling"),
        ("ARRAY['']", "rules_schedule_spelling"),
        ("ARRAY['mon']", "rules_schedule_spelling"),
        ("ARRAY['09:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['Mon 09:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['monday 09:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['mon-tue-wed 09:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['mon, tue 09:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['mon  09:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY[' mon 09:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['mon 09:00-17:00 ']", "rules_schedule_spelling"),
        ("ARRAY[E'mon 09:00-17:00\n']", "rules_schedule_spelling"),
        ("ARRAY['mon 9:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['mon 09:00:00-17:00:00']", "rules_schedule_spelling"),
        ("ARRAY['mon 09:60-17:00']", "rules_schedule_spelling"),
        ("ARRAY['mon 24:00-17:00']", "rules_schedule_spelling"),
        ("ARRAY['mon 09:00-24:01']", "rules_schedule_spelling"),
        ("ARRAY['mon 09:00-25:00']", "rules_schedule_spelling"),
        ("ARRAY['mon 09:00-09:00']", "rules_schedule_spelling"),
        ("ARRAY['mon 09:00-17:00', 'bad']", "rules_schedule_spelling"),
        ("array_fill('mon 09:00-17:00'::text, ARRAY[51])", "rules_schedule_length"),
        ("ARRAY[ARRAY['mon 09:00-17:00'], ARRAY['tue 09:00-17:00']]", "rules_schedule_shape"),
        ("ARRAY[ARRAY['mon 09:00-17:00']]", "rules_schedule_shape"),
        ("'[0:0]={mon 09:00-17:00}'", "rules_schedule_shape"),
        ("'[2:2]={mon 09:00-17:00}'", "rules_schedule_shape"),
    ]

    /// What the server may take for a time zone, and is no name of one; or is a name of none.
    private static let timeZones = [
        "", "utc", "CET", "EST5EDT", "PST", "GMT", "GMT+8", "+08", "+08:00", "08:00", "UTC+8", "<+08>-8", "FOO-8",
        "EST5EDT,M3.2.0,M11.1.0", "Europe/Nowhere", "Europe", "Nowhere/City", "posix/Europe/Berlin",
        "right/Europe/Berlin", "Posix/Europe/Berlin", "posixrules", "localtime", "Factory", "Etc/GMT+13", "Etc/GMT-15",
        "Etc/GMT+05", "Etc/GMT+99", "Etc/GMT+",
        "../Europe/Berlin", "/Europe/Berlin", "Europe/Berlin ", " Europe/Berlin", "Europe//Berlin", "Europe/Berlin/",
        "DEFAULT", "LOCAL", "Asia/Shanghai\n", "America/Argentina/Buenos_Aires/x",
    ]

    private static func withOperator(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator", body)
        }
    }

    @Test func `Each constraint refuses what it is for, by its name`() async throws {
        try await Self.withOperator { connection in
            for (columns, values, constraint) in Self.violations + Self.conditionViolations {
                let error = try await connection.failure(
                    of: "INSERT INTO needrecord.rules (\(columns)) VALUES (\(values))"
                )
                #expect(error.sqlState == .checkViolation, "\(columns): \(values)")
                #expect(error.constraint == constraint, "\(columns): \(values)")
            }
            #expect(try await connection.revision() == 0)
        }
    }

    @Test func `What is no schedule is refused`() async throws {
        try await Self.withOperator { connection in
            for (schedule, constraint) in Self.schedules {
                let error = try await connection.failure(
                    of: "INSERT INTO needrecord.rules (effect, time_zone, schedule) VALUES ('skip', 'UTC', \(schedule))"
                )
                #expect(error.sqlState == .checkViolation, "\(schedule)")
                #expect(error.constraint == constraint, "\(schedule)")
            }
        }
    }

    @Test func `What is no name of a time zone is refused`() async throws {
        try await Self.withOperator { connection in
            for timeZone in Self.timeZones {
                let error = await #expect(throws: PostgresError.self, "\(timeZone)") {
                    try await connection.execute(
                        """
                        INSERT INTO needrecord.rules (effect, schedule, time_zone)
                        VALUES ('skip', '{mon 09:00-17:00}', \(timeZone))
                        """
                    )
                }
                #expect(error?.constraint == "time_zone_known", "\(timeZone)")
            }
        }
    }

    @Test func `The time zones of the world are accepted`() async throws {
        try await Self.withOperator { connection in
            for timeZone in RuleDraw.timeZones + [
                "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Asia/Kathmandu", "Etc/GMT+0",
                "Etc/GMT+12", "Etc/GMT-14", "Pacific/Chatham",
            ] {
                try await connection.execute(
                    """
                    INSERT INTO needrecord.rules (effect, schedule, time_zone)
                    VALUES ('skip', '{mon 09:00-17:00}', \(timeZone))
                    """
                )
            }
        }
    }

    @Test func `A quota that is not there cannot be named`() async throws {
        try await Self.withOperator { connection in
            let error = try await connection.failure(
                of: "INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'basic')"
            )
            #expect(error.sqlState == .foreignKeyViolation)
        }
    }

    @Test func `A name is there once in its set, and once in the shadow of it`() async throws {
        try await Self.withOperator { connection in
            let insert = "INSERT INTO needrecord.rules (effect, rule_set, name, shadow) VALUES"
            try await connection.simpleQuery(
                """
                \(insert) ('skip', 'a', 'x', false), ('skip', 'a', 'x', true), ('skip', 'b', 'x', false),
                    ('skip', 'a', 'X', false), ('skip', 'a', NULL, false), ('skip', 'a', NULL, false)
                """
            )
            for values in ["('skip', 'a', 'x', false)", "('record', 'a', 'x', true)"] {
                let error = try await connection.failure(of: "\(insert) \(values)")
                #expect(error.sqlState == .uniqueViolation)
                #expect(error.constraint == "rules_name_once")
            }
        }
    }

    @Test func `What the platform accepts is accepted, to the edge`() async throws {
        try await ProductDatabase.with { database in
            try await database.addQuotas(["basic"])
            try await database.withConnection(role: "needrecord_operator") { connection in
                let accepted = [
                    ("effect, priority", "'skip', 1000000"), ("effect, priority", "'skip', -1000000"),
                    ("effect, note", "'skip', repeat('x', 1000)"), ("effect, stream", "'skip', repeat('日', 85)"),
                    ("effect, interval_mp4, interval_flv, interval_m3u8", "'record', 5, 21600, 30"),
                    ("effect, formats", "'record', '{mp4,flv,m3u8}'"),
                    ("effect, formats, interval_m3u8", "'record', '{flv,m3u8}', 5"),
                    ("effect, domain", "'skip', '{\"quoted\\\\'"),
                    ("effect, stream", "'skip', '\\*\\?\\\\*?'"),
                    ("effect, codec", "'skip', 'h265'"),
                    ("effect, bitrate_min, bitrate_max", "'skip', 0, 0"),
                    ("effect, bitrate_max", "'skip', 2147483647"),
                    ("effect, valid_from, valid_until", "'skip', '1970-01-01Z', '1970-01-01 00:00:00.001Z'"),
                    ("effect, valid_until", "'skip', '9999-12-31Z'"),
                    ("effect, percentage", "'skip', 0"), ("effect, percentage", "'skip', 100"),
                    ("effect, percentage", "'skip', 0.01"), ("effect, quota", "'record', 'basic'"),
                    ("effect, rule_set, name", "'skip', '0', repeat('x', 100)"),
                    ("effect, name", "'skip', 'A.b_c-9'"),
                    ("effect, time_zone, schedule", "'skip', 'UTC', '{fri-mon 22:00-02:00,\"sun,sun 00:00-24:00\"}'"),
                    (
                        "effect, time_zone, schedule",
                        "'skip', 'UTC', array_fill('mon 09:00-17:00'::text, ARRAY[50])"
                    ),
                ]
                for (columns, values) in accepted {
                    try await connection.simpleQuery("INSERT INTO needrecord.rules (\(columns)) VALUES (\(values))")
                }
                #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.rules") == accepted.count)
            }
        }
    }

    @Test func `Names and effect are never null`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                for column in [
                    "domain", "app", "stream", "effect", "formats", "priority", "note", "created_at", "enabled",
                    "shadow", "rule_set",
                ] {
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
