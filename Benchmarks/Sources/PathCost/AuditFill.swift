import Foundation
import Postgres

/// Fills the audit trail with outcomes as an auditor writes them: ten million a day, the first of the current day.
struct AuditFill {
    /// What the connections insert together before they begin anew.
    private static let chunk = 1_000_000
    private static let rowsOfDay = 10_000_000
    private static let millisecondsOfDay = 86_400_000

    private let owners: [PostgresConnection]
    /// When it was begun, in milliseconds since 1970: no outcome of the current day is later.
    private let begin = Self.now
    private var rows = 0

    /// - Parameter owners: Connections of the owner of the database, at least one; they insert side by side.
    init(owners: [PostgresConnection]) {
        self.owners = owners
    }

    /// Such as "10 million outcomes".
    static func name(of rows: Int) -> String {
        let isWhole = rows > 0 && rows.isMultiple(of: 1_000_000)
        return isWhole ? "\(rows / 1_000_000) million outcomes" : "\(rows) outcomes"
    }

    /// Inserts what there is not yet.
    mutating func grow(to target: Int) async throws {
        guard target > rows else { return }
        while rows < target {
            let end = min(target, (rows / Self.chunk + 1) * Self.chunk)
            try await insert(rows..<end)
            rows = end
            printError("\(rows) of \(target) outcomes")
        }
        // As the server does by itself sooner or later, and then not while it is measured.
        try await owners[0].simpleQuery("VACUUM (ANALYZE) needrecord.outcomes", timeout: .seconds(3_600))
    }

    /// Outcomes that are measured are to go where the others of the current day are.
    ///
    /// - Throws: ``BenchmarkError`` when there is another day (UTC) than at the beginning.
    func requireSameDay() throws {
        guard Self.now / Self.millisecondsOfDay == begin / Self.millisecondsOfDay else {
            throw BenchmarkError("midnight (UTC) has passed, and a new day has no outcomes: begin again")
        }
    }

    private static var now: Int { Int(Date().timeIntervalSince1970 * 1_000) }

    /// Inserts outcomes of one day.
    private func insert(_ numbers: Range<Int>) async throws {
        let midnight = begin - begin % Self.millisecondsOfDay
        let daysAgo = numbers.lowerBound / Self.rowsOfDay
        let day = midnight - daysAgo * Self.millisecondsOfDay
        let span = daysAgo == 0 ? max(1, begin - midnight) : Self.millisecondsOfDay
        try await owners[0].execute(
            """
            SELECT needrecord.prepare_outcome_partitions(d, d)
            FROM (SELECT (to_timestamp(\(day / 1_000)::bigint) AT TIME ZONE 'UTC')::date AS d) AS day
            """
        )
        try await withThrowingTaskGroup { group in
            for (index, owner) in owners.enumerated() {
                let bounds = [index, index + 1].map { numbers.lowerBound + numbers.count * $0 / owners.count }
                group.addTask { try await insert(bounds[0]..<bounds[1], on: owner, day: day, span: span) }
            }
            try await group.waitForAll()
        }
    }

    /// - Parameters:
    ///   - day: When the day begins, in milliseconds since 1970.
    ///   - span: How much of it is over, in milliseconds.
    private func insert(_ numbers: Range<Int>, on owner: PostgresConnection, day: Int, span: Int) async throws {
        try await owner.execute(
            """
            INSERT INTO needrecord.outcomes (
                event_id, gateway_run, minute, received_at, decided_at, rule, revision, answer_us, publish_us, reply_us,
                worker_us, facts_us, bitrate, publishes, need_record, domain, app, stream, codec, anomalies, cause,
                reason, formats, gateway, worker, answer, decision
            )
            SELECT
                event_id, '00000000-0000-7000-8000-000000000001', needrecord.event_minute(event_id),
                to_timestamp(ms / 1000.0), to_timestamp((ms + 2) / 1000.0), 1, 1, 1500 + h % 9000, 120 + h % 100,
                1300 + h % 9000, 400 + h % 500, 200 + h % 200, 2000, 1, true, 'test.com', 'test123',
                'teststream-' || lpad((h % 1000)::text, 4, '0'), 'h264', '{}', 'decided', 'rule', '{mp4}', 'gateway-1',
                'worker-1', '{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}',
                jsonb_build_object(
                    'verdict', 'record', 'formats', jsonb_build_array('mp4'),
                    'intervals', jsonb_build_object('mp4', 300), 'rule', 1, 'losing_rules', jsonb_build_array(),
                    'revision', 1, 'decided_at', ms + 2
                )
            FROM (
                SELECT
                    ms, h,
                    (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(h % 4096), 3, '0') || '8'
                        || lpad(to_hex(h), 7, '0') || lpad(to_hex(n), 8, '0'))::uuid AS event_id
                FROM (
                    SELECT
                        n, hashint8(n) & 268435455 AS h,
                        \(day)::bigint
                            + n % \(Self.rowsOfDay)::bigint * \(span)::bigint / \(Self.rowsOfDay)::bigint AS ms
                    FROM generate_series(\(numbers.lowerBound)::bigint, \(numbers.upperBound - 1)::bigint) AS n
                ) AS drawn
            ) AS made
            """,
            timeout: .seconds(900)
        )
    }
}
