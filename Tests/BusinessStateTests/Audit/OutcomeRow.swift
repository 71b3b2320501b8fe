import DecisionCore
import Postgres
import TestSupport

@testable import BusinessState

/// A row of `needrecord.outcomes`: decided by rule 7 to record as MP4, unless changed. Its values are SQL.
struct OutcomeRow: Sendable {
    /// The gateway processes of tests.
    static let runs = (
        first: "0198c000-0000-7000-8000-000000000001", second: "0198c000-0000-7000-8000-000000000002"
    )

    var columns: [String: String]

    /// A row.
    ///
    /// - Parameters:
    ///   - time: When the callback came in, as ``Timestamp/onTheDay(_:)`` takes it.
    ///   - number: The last digits of its id, hexadecimal.
    ///   - changes: Values to replace, as SQL.
    init(_ time: String, _ number: UInt64 = 1, _ changes: [String: String] = [:]) {
        self.init(at: .onTheDay(time), number, changes)
    }

    /// As above, at any time.
    init(at time: Timestamp, _ number: UInt64 = 1, _ changes: [String: String] = [:]) {
        let id = EventID(high: UInt64(time.millisecondsSinceEpoch) << 16 | 0x7000, low: 1 << 63 | number)
        columns = [
            "event_id": "'\(id)'", "gateway_run": "'\(Self.runs.first)'",
            "minute": "needrecord.event_minute('\(id)')", "received_at": "'\(time)'",
            "decided_at": "'\(time)'", "rule": "7", "revision": "3", "answer_us": "2000", "publish_us": "100",
            "reply_us": "1900", "worker_us": "800", "facts_us": "500", "bitrate": "2000", "publishes": "1",
            "need_record": "true", "domain": "'d'", "app": "'a'", "stream": "'s'", "codec": "'h264'",
            "anomalies": "'{}'", "cause": "'decided'", "reason": "'rule'", "formats": "'{mp4}'",
            "gateway": "'gw-1'", "worker": "'w-1'", "answer": #"'{"NeedRecord":true}'"#, "decision": "'{}'",
        ]
        columns.merge(changes) { $1 }
    }

    /// The default, for this cause.
    static func fallback(
        _ time: String,
        _ number: UInt64 = 1,
        cause: FallbackCause = .timeout,
        _ changes: [String: String] = [:]
    ) -> OutcomeRow {
        OutcomeRow(time, number, fallbackColumns(cause).merging(changes) { $1 })
    }

    /// The columns that the default has other values in.
    static func fallbackColumns(_ cause: FallbackCause) -> [String: String] {
        [
            "cause": "'\(cause.rawValue)'", "need_record": "false", "formats": "'{}'",
            "answer": #"'{"NeedRecord":false}'"#, "decided_at": "NULL", "rule": "NULL", "revision": "NULL",
            "reply_us": "NULL", "worker_us": "NULL", "facts_us": "NULL", "reason": "NULL", "worker": "NULL",
            "decision": "NULL",
        ]
    }

    /// Decided not to record.
    static func skip(_ time: String, _ number: UInt64 = 1, _ changes: [String: String] = [:]) -> OutcomeRow {
        let columns = ["need_record": "false", "formats": "'{}'", "answer": #"'{"NeedRecord":false}'"#]
        return OutcomeRow(time, number, columns.merging(changes) { $1 })
    }

    /// The statement that writes it.
    var insert: String {
        let columns = columns.sorted { $0.key < $1.key }
        return """
            INSERT INTO needrecord.outcomes (\(columns.map(\.key).joined(separator: ", ")))
            VALUES (\(columns.map(\.value).joined(separator: ", ")))
            """
    }
}

extension PostgresConnection {
    /// Writes rows in one transaction.
    func insert(_ rows: [OutcomeRow]) async throws {
        try await simpleQuery(rows.map(\.insert).joined(separator: ";\n"))
    }

    /// The rows of a query without values, each as the text of its columns, separated by blanks; `-` for null.
    func lines(_ query: String) async throws -> [String] {
        try await self.query(PostgresQuery(unescaped: query)).map { row in
            try (0..<row.count).map { try row.decode(String?.self, at: $0) ?? "-" }.joined(separator: " ")
        }
    }
}

extension ProductDatabase {
    /// Runs `body` as the owner of a database that has partitions for the days around ``Timestamp/example``, with
    /// UTC on its clock.
    static func withOutcomeDays(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await with { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    SET TimeZone = 'UTC';
                    SELECT needrecord.prepare_outcome_partitions('2026-11-20', '2026-11-24')
                    """
                )
                try await body(owner)
            }
        }
    }
}

extension Timestamp {
    /// A time of the day of ``example``, such as `10:00` or `10:00:00.250`.
    static func onTheDay(_ time: String) -> Timestamp {
        .written("2026-11-22 \(time.count == 5 ? time + ":00" : time)+00")
    }
}
