internal import DecisionCore
internal import Postgres

extension StoredReservation {
    /// The columns that ``init(row:)`` reads, in its order.
    static let columns = """
        id, domain, app, stream, quota, bucket, state, rule_id, event_id, asks, \
        asked_at, last_asked_at, expires_at, recording_since, ended_at, end_cause
        """

    /// Reads a reservation.
    ///
    /// - Throws: ``PostgresError`` when a value does not fit, which the table's constraints prevent.
    init(row: PostgresRow) throws(PostgresError) {
        guard let state = State(rawValue: try row.decode(String.self, at: 6)) else {
            throw PostgresError(.decodingFailed, message: "the state of a reservation is unknown", column: "state")
        }
        guard let event = EventID(try row.decode(String.self, at: 8)) else {
            throw PostgresError(.decodingFailed, message: "the id of an event is none", column: "event_id")
        }
        self.init(
            id: try row.decode(Int64.self, at: 0),
            domain: try row.decode(String.self, at: 1),
            app: try row.decode(String.self, at: 2),
            stream: try row.decode(String.self, at: 3),
            quota: try row.decode(String.self, at: 4),
            bucket: try row.decode(String.self, at: 5),
            state: state,
            rule: Rule.ID(rawValue: try row.decode(Int64.self, at: 7)),
            event: event,
            asks: try row.decode(Int.self, at: 9),
            askedAt: Timestamp(try row.decode(PostgresTimestamp.self, at: 10)),
            lastAskedAt: Timestamp(try row.decode(PostgresTimestamp.self, at: 11)),
            expiresAt: Timestamp(try row.decode(PostgresTimestamp.self, at: 12)),
            recordingSince: try row.decode(PostgresTimestamp?.self, at: 13).map { Timestamp($0) },
            endedAt: try row.decode(PostgresTimestamp?.self, at: 14).map { Timestamp($0) },
            endCause: try row.decode(String?.self, at: 15)
        )
    }
}
