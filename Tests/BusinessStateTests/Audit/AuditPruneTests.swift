import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// What is old goes: outcomes a whole day at a time, the rest in bounded numbers, and nothing that is not old.
@Suite(.timeLimit(.minutes(1))) struct AuditPruneTests {
    private static func prune(_ before: String, limit: Int = 100, _ connection: PostgresConnection) async throws -> Int
    {
        try await connection.value(
            Int.self,
            PostgresQuery(unescaped: "SELECT needrecord.prune_audit_trail(\(before), \(limit))")
        )
    }

    private static func days(_ owner: PostgresConnection) async throws -> [String] {
        try await owner.lines(
            """
            SELECT right(c.relname, 4) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'needrecord.outcomes'::regclass ORDER BY 1
            """
        )
    }

    @Test func `A day goes when it is over, the oldest first, one with each call`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert([OutcomeRow("00:00"), OutcomeRow("23:59:59.999")])
            #expect(try await Self.prune("'2026-11-20 23:59:59.999Z'", owner) == 0)
            #expect(try await Self.days(owner) == ["1120", "1121", "1122", "1123", "1124"])
            #expect(try await Self.prune("'2026-11-22 23:59:59Z'", owner) == 1)
            #expect(try await Self.days(owner) == ["1121", "1122", "1123", "1124"])
            // At ten in Shanghai it is still the 22nd in UTC.
            try await owner.simpleQuery("SET TimeZone = 'Asia/Shanghai'")
            #expect(try await Self.prune("'2026-11-23 07:59:59+08'", owner) == 1)
            #expect(try await Self.prune("'2026-11-23 07:59:59+08'", owner) == 0)
            #expect(try await owner.value(Int.self, "SELECT count(*) FROM needrecord.outcomes") == 2)
            #expect(try await Self.prune("'2026-11-23 08:00:00+08'", owner) == 1)
            #expect(try await Self.days(owner) == ["1123", "1124"])
            #expect(try await owner.value(Int.self, "SELECT count(*) FROM needrecord.outcomes") == 0)
        }
    }

    @Test func `An outcome of a day that is gone comes back with its day, and goes again`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            #expect(try await Self.prune("'2026-11-21Z'", owner) == 1)
            let late = OutcomeRow(at: .written("2026-11-20 10:00:00+00"))
            #expect(try await owner.failure(of: late.insert).sqlState == .checkViolation)
            try await owner.simpleQuery("SELECT needrecord.prepare_outcome_partitions('2026-11-20', '2026-11-20')")
            try await owner.insert([late])
            #expect(try await Self.prune("'2026-11-21Z'", owner) == 1)
            #expect(try await owner.value(Int.self, "SELECT count(*) FROM needrecord.outcomes") == 0)
        }
    }

    @Test func `What is compared goes together: minutes with their day, notices by whole days`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            for time in ["2026-11-20 23:59", "2026-11-21 00:00", "2026-11-21 12:00", "2026-11-22 00:00"] {
                try await owner.insert([OutcomeRow(at: .written("\(time):00+00"))])
                try await owner.simpleQuery(
                    """
                    INSERT INTO needrecord.gateway_minutes
                        VALUES ('\(OutcomeRow.runs.first)', '\(time)Z', 1, 0, 'gw-1', '{"decided": 1}');
                    INSERT INTO needrecord.recorded_files VALUES
                        (gen_random_uuid(), '\(time)Z', '\(time)Z', '\(time)Z', 1, 'd', 'a', 's', 'u');
                    """
                )
            }
            let before = "'2026-11-22 12:00Z'"
            let left = """
                SELECT (SELECT count(*) FROM needrecord.outcomes), (SELECT count(*) FROM needrecord.gateway_minutes),
                    (SELECT count(*) FROM needrecord.recorded_files),
                    (SELECT count(*) FROM needrecord.unbalanced_minutes), (SELECT count(*) FROM needrecord.missing_files)
                """
            // Many more minutes at a time than rows of other tables: the oldest day, its minute and a file.
            #expect(try await Self.prune(before, limit: 1, owner) == 3)
            #expect(try await owner.lines(left) == ["3 3 3 0 0"])
            #expect(try await Self.prune(before, limit: 1, owner) == 4)
            #expect(try await owner.lines(left) == ["1 1 2 0 0"])
            #expect(try await Self.prune(before, limit: 1, owner) == 1)
            #expect(try await Self.prune(before, limit: 1, owner) == 0)
            #expect(try await owner.lines(left) == ["1 1 1 0 0"])
        }
    }

    @Test func `What somebody else has made a partition stays`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.simpleQuery(
                """
                CREATE TABLE needrecord.kept_for_the_lawyers
                    PARTITION OF needrecord.outcomes FOR VALUES FROM ('2026-10-01Z') TO ('2026-11-01Z')
                """
            )
            #expect(try await Self.prune("'2026-11-20Z'", owner) == 0)
            #expect(try await Self.days(owner).contains("yers"))
        }
    }

    private static let old = "'2026-11-01Z'"
    private static let new = "'2026-11-22Z'"
    private static let tables = [
        ("recording_statuses", "gen_random_uuid(), %, 'd', 'a', 's', 'record_started'"),
        ("recorded_files", "gen_random_uuid(), %, now(), now(), 1, 'd', 'a', 's', gen_random_uuid()::text"),
        ("ingest_statuses", "gen_random_uuid(), %, now(), NULL, NULL, 'd', 'a', 's', 'publish'"),
        ("late_decisions", "gen_random_uuid(), gen_random_uuid(), %, NULL, 1, 1, false, 'g', 'w', '{}'"),
        ("undeliverable_replies", "gen_random_uuid(), %, NULL, 1, false, 'w', '{}'"),
        ("gateway_minutes", "gen_random_uuid(), %, 1, 0, 'g', '{}'"),
        ("shadow_differences", "gen_random_uuid(), %, 1, 1, 2, true, false, 'd', 'a', 's', '{}', '{}', '{}', '{}'"),
    ]

    @Test func `Of each smaller table so many old rows go with each call, and no new ones`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            for (table, values) in Self.tables {
                try await owner.simpleQuery(
                    """
                    INSERT INTO needrecord.\(table)
                    SELECT \(values.replacing("%", with: Self.new)) FROM generate_series(1, 2);
                    INSERT INTO needrecord.\(table)
                    SELECT \(values.replacing("%", with: "\(Self.old)::timestamptz + n * interval '1 minute'"))
                    FROM generate_series(1, 5) AS n;
                    """
                )
            }
            func counts() async throws -> Set<Int> {
                var counts: Set<Int> = []
                for (table, _) in Self.tables {
                    counts.insert(
                        try await owner.value(
                            Int.self,
                            PostgresQuery(unescaped: "SELECT count(*) FROM needrecord.\(table)")
                        )
                    )
                }
                return counts
            }
            let before = "'2026-11-20Z'"
            #expect(try await Self.prune(before, limit: 3, owner) == 3 * Self.tables.count)
            #expect(try await counts() == [4])
            // The oldest went first.
            let left = "SELECT to_char(min(received_at), 'MI') FROM needrecord.late_decisions"
            #expect(try await owner.lines(left) == ["04"])
            #expect(try await Self.prune(before, limit: 3, owner) == 2 * Self.tables.count)
            #expect(try await counts() == [2])
            #expect(try await Self.prune(before, limit: 3, owner) == 0)
        }
    }

    @Test func `A bucket of a quota goes when nothing is counted in it any more`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.simpleQuery(
                """
                INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('q', 'domain', 1);
                INSERT INTO needrecord.quota_buckets SELECT 'q', bucket
                FROM unnest('{idle,reserved,paused,ended,this_month,long_ago}'::text[]) AS bucket;
                INSERT INTO needrecord.quota_months VALUES
                    ('q', 'this_month', '2026-11-01', 1), ('q', 'long_ago', '2026-10-01', 1);
                INSERT INTO needrecord.reservations (
                    rule_id, event_id, asked_at, last_asked_at, expires_at, domain, app, stream, quota, bucket, state,
                    ended_at, end_cause
                )
                SELECT 1, gen_random_uuid(), now(), now(), 'infinity', bucket, 'a', 's', 'q', bucket, bucket,
                    CASE bucket WHEN 'ended' THEN now() END, CASE bucket WHEN 'ended' THEN 'expired' END
                FROM unnest('{reserved,paused,ended}'::text[]) AS bucket;
                """
            )
            #expect(try await Self.prune("'2026-11-15Z'", limit: 1, owner) == 1)
            #expect(try await Self.prune("'2026-11-15Z'", limit: 9, owner) == 1)
            #expect(try await Self.prune("'2026-11-15Z'", limit: 9, owner) == 0)
            let left = try await owner.lines("SELECT bucket FROM needrecord.quota_buckets ORDER BY 1")
            #expect(left == ["ended", "paused", "reserved", "this_month"])
            // What the quotas have used is theirs to keep.
            #expect(try await owner.value(Int.self, "SELECT count(*) FROM needrecord.quota_months") == 2)
        }
    }

    @Test func `Whoever reserves is not waited for`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery("INSERT INTO needrecord.quota_buckets VALUES ('q', 'a'), ('q', 'b')")
                try await owner.simpleQuery("BEGIN; SELECT FROM needrecord.quota_buckets WHERE bucket = 'a' FOR UPDATE")
                try await database.withConnection(role: "needrecord_auditor") { auditor in
                    try await auditor.simpleQuery("SET statement_timeout = '5s'")
                    #expect(try await Self.prune("'2026-11-15Z'", auditor) == 1)
                    #expect(try await owner.lines("SELECT bucket FROM needrecord.quota_buckets") == ["a"])
                }
                try await owner.simpleQuery("COMMIT")
            }
        }
    }

    @Test func `A day that is being read stays until the next call, and the rest goes`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { reader in
                try await reader.simpleQuery(
                    """
                    SELECT needrecord.prepare_outcome_partitions('2026-11-20', '2026-11-21');
                    INSERT INTO needrecord.recording_statuses
                        VALUES (gen_random_uuid(), \(Self.old), 'd', 'a', 's', 'record_started');
                    INSERT INTO needrecord.gateway_minutes
                        VALUES ('\(OutcomeRow.runs.first)', '2026-11-20 10:00Z', 0, 0, 'gw-1', '{}');
                    """
                )
                try await reader.simpleQuery("BEGIN; SELECT count(*) FROM needrecord.outcomes")
                try await database.withConnection(role: "needrecord_auditor") { auditor in
                    let started = ContinuousClock.now
                    #expect(try await Self.prune("'2026-11-21Z'", auditor) == 1)
                    #expect(ContinuousClock.now - started < .seconds(5))
                    #expect(try await reader.value(Int.self, "SELECT count(*) FROM needrecord.recording_statuses") == 0)
                    #expect(try await Self.days(reader) == ["1120", "1121"])
                    #expect(try await reader.value(Int.self, "SELECT count(*) FROM needrecord.gateway_minutes") == 1)
                    try await reader.simpleQuery("COMMIT")
                    #expect(try await Self.prune("'2026-11-21Z'", auditor) == 2)
                    #expect(try await Self.days(reader) == ["1121"])
                }
            }
        }
    }

    @Test func `A time to come and no rows at all are refused`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_auditor") { auditor in
                for arguments in [
                    "now() + interval '1 minute', 10", "NULL, 10", "'2026-11-01Z', 0", "'2026-11-01Z', -1",
                    "'2026-11-01Z', NULL", "'infinity', 10",
                ] {
                    let error = try await auditor.failure(of: "SELECT needrecord.prune_audit_trail(\(arguments))")
                    #expect(error.sqlState == .init(rawValue: "22023"), "\(arguments)")
                }
            }
        }
    }
}
