internal import DecisionCore
internal import Postgres

extension Reservation {
    /// Reads a `needrecord.quota_answer`.
    ///
    /// - Throws: ``PostgresError`` when a value does not fit, which the functions that make it prevent.
    init(row: PostgresRow) throws(PostgresError) {
        guard let state = State(rawValue: try row.decode(String.self, at: 0)) else {
            throw PostgresError(.decodingFailed, message: "the state of a reservation is unknown", column: "state")
        }
        let minutes = try Self.usage(row, from: 5)
        self.init(
            quota: try row.decode(String.self, at: 1),
            bucket: try row.decode(String.self, at: 2),
            state: state,
            concurrent: try Self.usage(row, from: 3),
            minutes: minutes,
            month: minutes == nil ? nil : try row.decode(String?.self, at: 7)
        )
    }

    /// Reads what is used and the limit beside it; nil where nothing is limited.
    static func usage(_ row: PostgresRow, from first: Int) throws(PostgresError) -> Usage? {
        guard let limit = try row.decode(Int?.self, at: first + 1) else { return nil }
        return Usage(used: try row.decode(Int.self, at: first), limit: limit)
    }
}
