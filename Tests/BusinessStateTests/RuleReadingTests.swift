import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// Whatever the table accepts can be read: one row that could not be would end all decisions.
@Suite(.timeLimit(.minutes(1))) struct RuleReadingTests {
    private static let rows = 3_000

    /// Values for each column as SQL writes them, of which a part is refused.
    private static let values: [(column: String, values: [String])] = [
        ("domain", ["'*'", "'test.com'", "'*.test.com'", "'\\*'", "'\\x'", "'日?'", "''"]),
        ("stream", ["'**'", "'a\\\\b'", "'a\\'", "' '", "'{\"a\"}'", "repeat('\\*', 127)", "repeat('*', 255)"]),
        ("effect", ["'record'", "'record'", "'skip'", "'Skip'"]),
        (
            "formats",
            ["'{}'", "'{mp4}'", "'{mp4,flv,m3u8}'", "'{flv,mp4}'", "'[0:0]={mp4}'", "'{{mp4}}'", "'{NULL}'", "NULL"]
        ),
        ("interval_mp4", ["NULL", "NULL", "5", "21600", "4"]),
        ("interval_flv", ["NULL", "NULL", "300", "0"]),
        ("interval_m3u8", ["NULL", "NULL", "30", "21601"]),
        ("priority", ["0", "1000000", "-1000000", "1000001"]),
        ("codec", ["NULL", "NULL", "'h264'", "'h265'", "'av1'"]),
        ("bitrate_min", ["NULL", "NULL", "0", "1000", "2147483647", "-1"]),
        ("bitrate_max", ["NULL", "NULL", "0", "999", "2147483647"]),
        (
            "valid_from",
            [
                "NULL", "'1970-01-01Z'", "'2026-11-22 18:45:00.0004Z'", "'2026-11-22 18:45:00.0014Z'", "'-infinity'",
                "'9999-12-31Z'", "'2026-11-22 18:45:00+14'", "'0001-01-01 BC'",
            ]
        ),
        (
            "valid_until",
            [
                "NULL", "NULL", "'2026-11-22 18:45:00.0006Z'", "'2026-11-22 18:45:00.0008Z'", "'infinity'",
                "'9999-12-30 23:59:59.9999Z'",
            ]
        ),
        ("percentage", ["NULL", "NULL", "0", "100", "33.335", "0.004", "99.999", "'NaN'", "'Infinity'"]),
        ("quota", ["NULL", "NULL", "'basic'"]),
        ("rule_set", ["'default'", "'policies'", "'a b'"]),
        ("name", ["NULL", "NULL", "md5(random()::text)", "'x y'"]),
        ("enabled", ["true", "false"]),
        ("shadow", ["true", "false"]),
    ]

    private static let schedules = [
        "NULL, NULL", "NULL, NULL", "NULL, NULL", "'{mon 09:00-17:00}', 'Asia/Shanghai'",
        "'{\"sat,sun 22:00-02:00\",mon-mon 00:00-24:00}', 'Europe/Berlin'", "'{sun-sat 23:59-00:00}', 'UTC'",
        "'{tue 00:00-00:01,tue 00:00-00:01}', 'Etc/GMT-14'", "'[0:0]={mon 09:00-17:00}', 'UTC'",
        "'{{mon 09:00-17:00}}', 'UTC'", "'{mon 09:00-17:00}', 'CET'", "'{}', 'UTC'", "NULL, 'UTC'",
        "array_fill('wed,fri-sun 01:00-24:00'::text, ARRAY[50]), 'Australia/Lord_Howe'",
    ]

    /// An INSERT of values that are drawn; most columns have one that is accepted.
    private static func insert(_ draw: inout RuleDraw) -> String {
        var columns = ["schedule, time_zone"]
        var drawn = [draw.element(schedules)]
        for (column, values) in values where column == "effect" || draw.once(in: 3) {
            columns.append(column)
            drawn.append(draw.element(values))
        }
        return
            "INSERT INTO needrecord.rules (\(columns.joined(separator: ", "))) VALUES (\(drawn.joined(separator: ", ")))"
    }

    @Test func `Whatever the table accepts is a rule`() async throws {
        try await ProductDatabase.with { database in
            try await database.addQuotas(["basic"])
            var draw = RuleDraw(seed: 304)
            let inserts = (0..<Self.rows).map { _ in Self.insert(&draw) }
            try await database.withConnection(role: "needrecord_operator") { connection in
                try await connection.simpleQuery("\(Self.tryAll); CREATE TEMPORARY TABLE attempts (sql text)")
                try await connection.execute("INSERT INTO attempts SELECT unnest(\(inserts)::text[])")
                let accepted = try await connection.value(Int.self, "SELECT pg_temp.try_all()")
                // Many of both, or nothing was tried.
                #expect(accepted > Self.rows / 10)
                #expect(accepted < Self.rows * 9 / 10)

                let rows = try await connection.query("SELECT \(unescaped: Rule.columns) FROM needrecord.rules AS r")
                #expect(rows.count == accepted)
                for row in rows {
                    #expect(throws: Never.self, "\(row[0] ?? ""), \(row[5] ?? ""), \(row[7] ?? ""), \(row[13] ?? "")") {
                        try Rule(row: row, from: 0)
                    }
                }
            }
            try await database.withReader { worker in
                let facts = try await worker.facts([.of()])
                #expect(facts[0].live.rules.count > 10)
            }
        }
    }

    /// Runs each statement, and returns how many were accepted.
    private static let tryAll = """
        CREATE FUNCTION pg_temp.try_all() RETURNS integer LANGUAGE plpgsql AS $$
        DECLARE
            attempt text;
            accepted integer := 0;
        BEGIN
            FOR attempt IN SELECT sql FROM attempts LOOP
                BEGIN
                    EXECUTE attempt;
                    accepted := accepted + 1;
                EXCEPTION
                    WHEN integrity_constraint_violation OR numeric_value_out_of_range THEN NULL;
                END;
            END LOOP;
            RETURN accepted;
        END
        $$
        """
}
