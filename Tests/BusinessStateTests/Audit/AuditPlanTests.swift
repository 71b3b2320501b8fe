import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

/// The questions of `docs/audit.md` look at the days that they mean, through indexes. `deploy/local/audit-plans` asks
/// them of fifty million outcomes.
@Suite(.timeLimit(.minutes(3))) struct AuditPlanTests {
    private static let now = "2026-11-22 18:00:00+00"
    private static let days = ["20261118", "20261119", "20261120", "20261121", "20261122"]
    private static let rowsOfADay = 40_000

    /// Five days of outcomes with all that goes with them, the last one until midnight: more than now, as it were.
    private static func load(_ owner: PostgresConnection) async throws {
        try await owner.simpleQuery(
            """
            SET TimeZone = 'UTC'; SET synchronous_commit = off;
            SELECT needrecord.prepare_outcome_partitions('2026-11-18', '2026-11-22');
            CREATE FUNCTION public.that_time() RETURNS timestamptz LANGUAGE plpgsql STABLE AS
                $$ BEGIN RETURN '\(now)'; END $$;
            INSERT INTO needrecord.outcomes (
                event_id, gateway_run, minute, received_at, decided_at, rule, revision, answer_us, publish_us, reply_us,
                worker_us, facts_us, bitrate, publishes, need_record, domain, app, stream, codec, anomalies, cause,
                reason, formats, gateway, worker, answer, decision
            )
            SELECT id, '\(OutcomeRow.runs.first)', needrecord.event_minute(id), received_at,
                CASE WHEN decided THEN received_at END, CASE WHEN decided THEN n % 200 END, CASE WHEN decided THEN 1 END,
                2000, 100, CASE WHEN decided THEN 1900 END, CASE WHEN decided THEN 800 END,
                CASE WHEN decided THEN 500 END, 2000, 1, decided AND n % 5 = 0, 'live' || s % 40 || '.example.com',
                'app' || s % 7, 'room-' || s, 'h264', '{}', CASE WHEN decided THEN 'decided' ELSE 'timeout' END,
                CASE WHEN decided THEN 'rule' END, CASE WHEN decided AND n % 5 = 0 THEN '{mp4}' ELSE '{}' END::text[],
                'gw-1', 'w-1', '{"ApiVersion":"1.0","NeedRecord":true,"Format":["mp4"]}',
                CASE WHEN decided THEN jsonb_build_object('verdict', 'record', 'filler', repeat('x', 200)) END
            FROM (
                SELECT n, n % 33 <> 0 AS decided, n * 7919::bigint % 2000 AS s, to_timestamp(ms / 1000.0) AS received_at,
                    (lpad(to_hex(ms), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid AS id
                FROM (
                    SELECT n, 1794960000000 + n * 86400000::bigint / \(rowsOfADay) AS ms
                    FROM generate_series(0, 5 * \(rowsOfADay) - 1) AS n
                ) AS drawn
            ) AS made;
            INSERT INTO needrecord.recorded_files (
                event_id, received_at, start_time, stop_time, duration_ms, domain, app, stream, uri
            )
            SELECT gen_random_uuid(), received_at + interval '605 seconds', received_at + interval '1 second',
                received_at + interval '601 seconds', 1, domain, app, stream, event_id || '.mp4'
            FROM needrecord.outcomes WHERE need_record AND rule % 7 <> 0 ON CONFLICT DO NOTHING;
            INSERT INTO needrecord.recording_statuses (event_id, received_at, domain, app, stream, event)
            SELECT gen_random_uuid(), received_at, domain, app, stream, 'record_started'
            FROM needrecord.outcomes WHERE need_record;
            INSERT INTO needrecord.ingest_statuses (event_id, received_at, happened_at, ingest_domain, app, stream, action)
            SELECT gen_random_uuid(), received_at, received_at, domain, app, stream, 'publish_done'
            FROM needrecord.outcomes WHERE need_record;
            INSERT INTO needrecord.gateway_minutes (gateway_run, minute, gateway, received, unkept, outcomes)
            SELECT gateway_run, minute, gateway, sum(n), 0, jsonb_object_agg(cause, n)
            FROM (SELECT gateway_run, minute, gateway, cause, count(*) AS n FROM needrecord.outcomes GROUP BY 1, 2, 3, 4) AS c
            GROUP BY gateway_run, minute, gateway;
            """,
            timeout: .seconds(120)
        )
        for table in days.map({ "outcomes_\($0)" }) + ["recorded_files", "recording_statuses", "ingest_statuses"] {
            try await owner.simpleQuery("VACUUM ANALYZE needrecord.\(table)")
        }
        try await owner.simpleQuery("ANALYZE needrecord.gateway_minutes")
    }

    @Test func `Every question is answered through indexes, from the days that it means`() async throws {
        let questions = try AuditQuestions.all()
        #expect(questions.count == 15)
        try await ProductDatabase.with { database in
            try await database.withConnection { try await Self.load($0) }
            try await database.withConnection(role: "needrecord_reader") { reader in
                try await reader.simpleQuery("SET TimeZone = 'UTC'")
                let id = try await reader.value(
                    String.self,
                    "SELECT event_id::text FROM needrecord.outcomes WHERE minute = '2026-11-20 10:00Z' LIMIT 1"
                )
                for question in questions {
                    let query = question.replacing("now()", with: "public.that_time()")
                        .replacing(AuditQuestions.eventID, with: id)
                    try await Self.expectGoodPlan(query, days: Self.expectedDays(query), reader)
                }
            }
        }
    }

    /// The days that a question is about.
    private static func expectedDays(_ query: String) -> Set<String> {
        // A replay begins with its events, of which there are none here to look up an outcome for.
        if query.contains("rule_changes") || query.contains("replay_results") { return [] }
        if query.contains("event_id = ") { return ["20261120"] }
        if query.contains("'2 days'") { return ["20261120", "20261121", "20261122"] }
        return query.contains("'1 day'") ? ["20261121", "20261122"] : ["20261122"]
    }

    /// The indexes that answer a question, without the names of partitions and all but their first column.
    private static func expectedIndexes(_ query: String) -> Set<String> {
        for (part, indexes) in [
            ("event_id = ", ["pkey"]), ("stream = ", ["stream"]), ("rule = 17", ["rule"]), ("cause = ", ["cause"]),
            ("pushes", ["minute", "stream"]), ("missing_files", ["minute", "stream", "recorded_files_once"]),
            ("format_differences", ["minute", "stream", "recorded_files_once"]),
            ("unwanted_files", ["recorded_files_by_time", "stream"]), ("rule_changes", []),
            ("replay_results", ["replayed_events_by_replay"]),
            ("unbalanced_minutes", ["minute", "gateway_minutes_by_time"]),
        ] as [(String, Set<String>)] where query.contains(part) { return indexes }
        return ["minute"]
    }

    private static func expectGoodPlan(
        _ query: String,
        days: Set<String>,
        _ reader: PostgresConnection,
        about view: String? = nil
    ) async throws {
        let text = try await reader.lines("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) \(query)").joined(separator: "\n")
        let scans = try PlannedScan.all(in: text)
        let read = Set(scans.compactMap(\.table).filter { $0.hasPrefix("outcomes_") }.map { String($0.dropFirst(9)) })
        #expect(read == days, "\(query)\n\(text)")
        // As large as the rules have been changed often, and as there are ingest domains.
        let small = ["ingest_domains", "rule_revisions", "rule_versions", "recording_statuses", "ingest_statuses"]
        let others = scans.filter { scan in !small.contains { (scan.table ?? scan.index)?.hasPrefix($0) == true } }
        #expect(others.allSatisfy { !$0.type.contains("Seq Scan") }, "\(query)\n\(text)")
        let indexes = others.compactMap(\.index).map { index in
            let name = index.replacing(/^outcomes_\d+_/, with: "")
            return name == index ? index : String(name.prefix { $0 != "_" })
        }
        #expect(Set(indexes) == expectedIndexes(view ?? query), "\(query)\n\(text)")
    }

    /// A client that binds its values may get a plan that is made for all of them.
    @Test func `A plan for any time looks at the days of the time that it is given`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { try await Self.load($0) }
            try await database.withConnection(role: "needrecord_reader") { reader in
                try await reader.simpleQuery("SET TimeZone = 'UTC'; SET plan_cache_mode = force_generic_plan")
                for (number, view) in [
                    "fallbacks_by_minute", "step_times_by_minute", "pushes", "missing_files", "format_differences",
                    "unbalanced_minutes", "outcomes",
                ].enumerated() {
                    try await reader.simpleQuery(
                        """
                        PREPARE q\(number) (timestamptz, timestamptz) AS
                        SELECT * FROM needrecord.\(view) WHERE minute >= $1 AND minute < $2
                        """
                    )
                    try await Self.expectGoodPlan(
                        "EXECUTE q\(number) ('2026-11-22 10:00Z', '2026-11-22 11:00Z')",
                        days: ["20261122"],
                        reader,
                        about: view
                    )
                }
            }
        }
    }
}

/// A table or an index that was read, and how.
private struct PlannedScan {
    var table: String?
    var index: String?
    var type: String

    /// Of a plan that was executed, in JSON; what was never executed is left out.
    static func all(in json: String) throws -> [PlannedScan] {
        let plans = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        return plans.compactMap { $0["Plan"] as? [String: Any] }.flatMap(scans)
    }

    private static func scans(_ node: [String: Any]) -> [PlannedScan] {
        guard (node["Actual Loops"] as? Double) ?? 0 > 0 else { return [] }
        var scans = (node["Plans"] as? [[String: Any]] ?? []).flatMap(self.scans)
        let scan = PlannedScan(
            table: node["Relation Name"] as? String,
            index: node["Index Name"] as? String,
            type: node["Node Type"] as? String ?? ""
        )
        if scan.table != nil || scan.index != nil { scans.append(scan) }
        return scans
    }
}
