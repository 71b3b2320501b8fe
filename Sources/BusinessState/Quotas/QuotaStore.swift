public import DecisionCore
public import Postgres

/// Changes and lists quotas and their reservations, as an operator.
public struct QuotaStore: Sendable {
    private let connection: PostgresConnection

    /// A store over a connection that acts as `needrecord_operator`, or for listing as `needrecord_reader`.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Makes a quota, or changes the one of this name. Workers go by it from the next callback on; what has been
    /// reserved stays reserved, even above a lower limit.
    ///
    /// - Returns: Whether it is new.
    /// - Throws: ``PostgresError``, with SQLSTATE 23514 when the quota breaks a constraint of the table, and with 23000
    ///   when there is one of this name with another scope.
    @discardableResult
    public func set(_ quota: Quota) async throws(PostgresError) -> Bool {
        try await connection.query(
            """
            INSERT INTO needrecord.quotas
                (name, scope, concurrent_limit, minutes_limit, time_zone, reservation_expiry, start_expiry, note)
            VALUES (
                \(quota.name), \(quota.scope.rawValue), \(quota.concurrentLimit), \(quota.minutesLimit),
                \(quota.timeZone), \(quota.reservationExpiry.components.seconds) * interval '1 second',
                \(quota.startExpiry?.components.seconds)::bigint * interval '1 second', \(quota.note)
            )
            ON CONFLICT (name) DO UPDATE SET (
                scope, concurrent_limit, minutes_limit, time_zone, reservation_expiry, start_expiry, note
            ) = (
                excluded.scope, excluded.concurrent_limit, excluded.minutes_limit, excluded.time_zone,
                excluded.reservation_expiry, excluded.start_expiry, excluded.note
            )
            RETURNING xmax = 0
            """
        )[0].decode(Bool.self)
    }

    /// Every quota, in the order of their names.
    ///
    /// - Throws: ``PostgresError``.
    public func list() async throws(PostgresError) -> [Quota] {
        let rows = try await connection.query(
            """
            SELECT name, scope, concurrent_limit, minutes_limit, time_zone,
                extract(epoch FROM reservation_expiry)::bigint, extract(epoch FROM start_expiry)::bigint, note
            FROM needrecord.quotas ORDER BY name
            """
        )
        var quotas: [Quota] = []
        for row in rows { quotas.append(try Quota(row: row)) }
        return quotas
    }

    /// How full each bucket is that was ever asked for, in the order of their names.
    ///
    /// - Parameter names: The quotas; nil for all.
    /// - Throws: ``PostgresError``.
    public func usage(of names: [String]? = nil) async throws(PostgresError) -> [QuotaUsage] {
        let rows = try await connection.query(
            """
            SELECT quota, bucket, concurrent_used, concurrent_limit, month, minutes_used, minutes_limit
            FROM needrecord.quota_usage
            WHERE quota = ANY (\(names)::text[]) OR \(names == nil)
            ORDER BY quota, bucket
            """
        )
        var usages: [QuotaUsage] = []
        for row in rows { usages.append(try QuotaUsage(row: row)) }
        return usages
    }

    /// Removes quotas. Their reservations stay until they end, and what was recorded stays counted: a quota that is
    /// made again under the same name goes on.
    ///
    /// - Returns: The names of those that were there.
    /// - Throws: ``PostgresError``, with SQLSTATE 23503 and nothing removed when a rule names one; see
    ///   ``rules(naming:)``.
    public func remove(_ names: [String]) async throws(PostgresError) -> [String] {
        let rows = try await connection.query(
            "DELETE FROM needrecord.quotas WHERE name = ANY (\(names)::text[]) RETURNING name"
        )
        var removed: [String] = []
        for row in rows { removed.append(try row.decode(String.self)) }
        return removed.sorted()
    }

    /// The rules that name one of these quotas, in the order of their ids.
    ///
    /// - Throws: ``PostgresError``.
    public func rules(naming names: [String]) async throws(PostgresError) -> [Rule.ID] {
        let rows = try await connection.query(
            "SELECT id FROM needrecord.rules WHERE quota = ANY (\(names)::text[]) ORDER BY id"
        )
        var ids: [Rule.ID] = []
        for row in rows { ids.append(Rule.ID(rawValue: try row.decode(Int64.self))) }
        return ids
    }

    /// Reservations, the oldest first.
    ///
    /// - Throws: ``PostgresError``.
    public func reservations(_ filter: ReservationFilter) async throws(PostgresError) -> [StoredReservation] {
        let rows = try await connection.query(
            """
            SELECT \(unescaped: StoredReservation.columns) FROM needrecord.reservations
            WHERE domain = coalesce(\(filter.domain), domain) AND app = coalesce(\(filter.app), app)
                AND stream = coalesce(\(filter.stream), stream) AND quota = coalesce(\(filter.quota), quota)
                AND (ended_at IS NULL OR \(filter.includesEnded))
            ORDER BY id
            """
        )
        var reservations: [StoredReservation] = []
        for row in rows { reservations.append(try StoredReservation(row: row)) }
        return reservations
    }

    /// Ends the reservation of a stream, whatever it is used for.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``PostgresError``.
    public func release(domain: String, app: String, stream: String) async throws(PostgresError) -> Bool {
        try await connection.query("SELECT needrecord.release_reservation(\(domain), \(app), \(stream)) > 0")[0]
            .decode(Bool.self)
    }
}

extension Quota {
    /// Reads a quota from the columns that ``QuotaStore/list()`` selects.
    fileprivate init(row: PostgresRow) throws(PostgresError) {
        guard let scope = Scope(rawValue: try row.decode(String.self, at: 1)) else {
            throw PostgresError(.decodingFailed, message: "the scope of a quota is unknown", column: "scope")
        }
        self.init(
            name: try row.decode(String.self, at: 0),
            scope: scope,
            concurrentLimit: try row.decode(Int?.self, at: 2),
            minutesLimit: try row.decode(Int?.self, at: 3),
            timeZone: try row.decode(String.self, at: 4),
            reservationExpiry: .seconds(try row.decode(Int64.self, at: 5)),
            startExpiry: try row.decode(Int64?.self, at: 6).map { .seconds($0) },
            note: try row.decode(String.self, at: 7)
        )
    }
}

extension QuotaUsage {
    /// Reads a row of `needrecord.quota_usage`.
    fileprivate init(row: PostgresRow) throws(PostgresError) {
        self.init(
            quota: try row.decode(String.self, at: 0),
            bucket: try row.decode(String.self, at: 1),
            concurrent: Limit(used: try row.decode(Int.self, at: 2), limit: try row.decode(Int?.self, at: 3)),
            month: try row.decode(String.self, at: 4),
            minutes: Limit(used: try row.decode(Int.self, at: 5), limit: try row.decode(Int?.self, at: 6))
        )
    }
}
