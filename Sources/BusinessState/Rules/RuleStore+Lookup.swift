public import Postgres

extension RuleStore {
    /// Which of these quotas there are not, in the order of their names.
    ///
    /// - Throws: ``PostgresError``.
    public func unknownQuotas(among names: [String]) async throws(PostgresError) -> [String] {
        try await texts(
            """
            SELECT DISTINCT name COLLATE "C" AS name FROM unnest(\(names)::text[]) AS n (name)
            WHERE NOT EXISTS (SELECT FROM needrecord.quotas AS q WHERE q.name = n.name)
            ORDER BY name
            """
        )
    }

    /// Which of these time zones the database does not know, in the order of their names.
    ///
    /// - Throws: ``PostgresError``.
    public func unknownTimeZones(among names: [String]) async throws(PostgresError) -> [String] {
        try await texts(
            """
            SELECT name FROM (SELECT DISTINCT name COLLATE "C" AS name FROM unnest(\(names)::text[]) AS n (name)) AS n
            WHERE NOT needrecord.is_time_zone(name)
            ORDER BY name
            """
        )
    }

    private func texts(_ query: PostgresQuery) async throws(PostgresError) -> [String] {
        var texts: [String] = []
        for row in try await connection.query(query) { texts.append(try row.decode(String.self, at: 0)) }
        return texts
    }
}
