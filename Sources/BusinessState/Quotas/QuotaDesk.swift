public import DecisionCore
public import Postgres

/// Asks quotas for room, as a worker does: exact, however many workers ask at once.
public struct QuotaDesk: Sendable {
    /// The pauses before a call is made again that met another one at the same stream.
    private static let pauses: (first: Duration, longest: Duration) = (.milliseconds(2), .milliseconds(32))

    /// A desk; it keeps no state.
    public init() {}

    /// Takes a reservation for each stream that its quota has room for, in one statement.
    ///
    /// A stream that has one keeps it, whatever quota it was charged to; so the same asks may be made again after any
    /// failure. A stream whose reservation somebody else keeps locked, or that needs a bucket that somebody keeps locked
    /// for longer than 50 ms, gets no answer, and the others theirs. When two reserve one stream under two quotas in the
    /// same moment, nothing is taken, and the statement is repeated after a pause of milliseconds until the timeout.
    ///
    /// - Parameters:
    ///   - asks: In the order in which the events came in; of two asks for one stream, the first takes the reservation.
    ///   - connection: A connection that acts as `needrecord_worker`, at READ COMMITTED and with no transaction open.
    ///   - now: The civil clock, for expiry and for the month.
    ///   - timeout: How long all of it may take.
    /// - Returns: What each quota said, in the order of the asks; nil where it is contended and to be asked again.
    /// - Throws: ``PostgresError``; with SQLSTATE class 40, or 55P03, when the timeout passed over the repetitions.
    public func reserve(
        _ asks: [ReservationAsk],
        on connection: PostgresConnection,
        now: Timestamp,
        timeout: Duration
    ) async throws(PostgresError) -> [Reservation?] {
        guard !asks.isEmpty else { return [] }
        let query = Self.query(for: asks, now: now)
        let deadline = ContinuousClock.now + timeout
        var pause = Self.pauses.first
        while true {
            do {
                let remaining = max(.milliseconds(1), ContinuousClock.now.duration(to: deadline))
                return try Self.answers(await connection.query(query, timeout: remaining), for: asks)
            } catch {
                // Two that have met must not meet again and again.
                let pauseHere = pause * Double.random(in: 0.5...1)
                guard error.isContention, ContinuousClock.now + pauseHere < deadline,
                    (try? await Task.sleep(for: pauseHere)) != nil
                else { throw error }
                pause = min(pause * 2, Self.pauses.longest)
            }
        }
    }

    /// What each stream would be told if it were the only one that asks; nothing is taken.
    ///
    /// - Parameters:
    ///   - asks: The rules and the ids of the events do not matter.
    ///   - connection: A connection that acts as `needrecord_worker` or `needrecord_reader`.
    ///   - now: The civil clock, for expiry and for the month.
    ///   - timeout: How long the statement may take.
    /// - Returns: What each quota would say, in the order of the asks.
    /// - Throws: ``PostgresError``.
    public func standing(
        _ asks: [ReservationAsk],
        on connection: PostgresConnection,
        now: Timestamp,
        timeout: Duration
    ) async throws(PostgresError) -> [Reservation] {
        guard !asks.isEmpty else { return [] }
        let query: PostgresQuery = """
            SELECT * FROM needrecord.quota_standing(
                \(asks.map(\.event.domain))::text[], \(asks.map(\.event.app))::text[],
                \(asks.map(\.event.stream))::text[], \(asks.map(\.quota))::text[],
                \(PostgresTimestamp(now))::timestamptz
            )
            """
        let answers = try Self.answers(await connection.query(query, timeout: timeout), for: asks)
        guard !answers.contains(nil) else {
            throw PostgresError(.decodingFailed, message: "what takes nothing is contended", column: "state")
        }
        return answers.compactMap(\.self)
    }

    /// Ends the reservations that these events were granted and whose answers came too late: nothing is recorded.
    ///
    /// A reservation that was asked for again, or whose recording has begun, stays.
    ///
    /// - Parameters:
    ///   - events: Those that ``reserve(_:on:now:timeout:)`` said ``Reservation/State/granted`` for.
    ///   - connection: A connection that acts as `needrecord_worker`.
    ///   - timeout: How long the statement may take.
    /// - Returns: How many were ended.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func releaseUndelivered(
        _ events: [EventID],
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> Int {
        guard !events.isEmpty else { return 0 }
        let query: PostgresQuery = "SELECT needrecord.release_undelivered(\(events.map(\.description))::uuid[])"
        return try await connection.query(query, timeout: timeout)[0].decode(Int.self)
    }

    static func query(for asks: [ReservationAsk], now: Timestamp) -> PostgresQuery {
        """
        SELECT * FROM needrecord.reserve(
            \(asks.map(\.event.domain))::text[], \(asks.map(\.event.app))::text[],
            \(asks.map(\.event.stream))::text[], \(asks.map(\.quota))::text[],
            \(asks.map(\.rule.rawValue))::bigint[], \(asks.map(\.event.id.description))::uuid[],
            \(asks.map { PostgresTimestamp($0.event.receivedAt) })::timestamptz[],
            \(PostgresTimestamp(now))::timestamptz
        )
        """
    }

    private static func answers(
        _ rows: PostgresRows,
        for asks: [ReservationAsk]
    ) throws(PostgresError) -> [Reservation?] {
        guard rows.count == asks.count else {
            throw PostgresError(.decodingFailed, message: "\(asks.count) asks, \(rows.count) reservations")
        }
        var answers: [Reservation?] = []
        answers.reserveCapacity(rows.count)
        for row in rows {
            let isContended = try row.decode(String.self, at: 0) == "contended"
            answers.append(isContended ? nil : try Reservation(row: row))
        }
        return answers
    }
}

extension PostgresError {
    /// Whether the statement failed only because of others at the same time, and took no effect.
    fileprivate var isContention: Bool {
        sqlState?.errorClass == "40" || sqlState == .lockNotAvailable
    }
}
