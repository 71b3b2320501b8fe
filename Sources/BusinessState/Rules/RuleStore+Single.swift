public import DecisionCore
public import Postgres

extension RuleStore {
    /// Adds a rule; its id is made by the database.
    ///
    /// - Parameters:
    ///   - rule: What it demands and does; the id in it is not used.
    ///   - note: For people; up to 1,000 bytes.
    ///   - onlyIfAbsent: Add nothing when there is a rule already in the set that demands and does the same, whatever it
    ///     is called.
    /// - Returns: The id of the new rule, or of the one that was there.
    /// - Throws: ``PostgresError``, with SQLSTATE 23514 when the rule breaks a constraint of the table, 23505 when its
    ///   name is taken, 23503 when there is no such quota.
    public func add(
        _ rule: Rule,
        note: String = "",
        onlyIfAbsent: Bool = false
    ) async throws -> (id: Rule.ID, isNew: Bool) {
        try await connection.withTransaction { transaction in
            if onlyIfAbsent {
                // Two that add at once must not both find nothing.
                try await Self.awaitTurn(on: transaction)
                if let id = try await Self.find(rule, on: transaction) { return (id, false) }
            }
            let ids = try await Self.insert(RuleTable([RuleDraft(rule, note: note)]), on: transaction)
            guard let id = ids.first else {
                throw PostgresError(.protocolViolation, message: "a rule was added and has no id")
            }
            return (id, true)
        }
    }

    private static func find(_ rule: Rule, on connection: PostgresConnection) async throws -> Rule.ID? {
        let isExact = [rule.domain, rule.app, rule.stream].allSatisfy { $0.breadth == .exact }
        // Said as the indexes have it: rules for one stream have one to themselves.
        let isIndexed = "starts_with(r.lookup, E'= = =\\t')"
        let rows = try await connection.query(
            """
            SELECT \(unescaped: StoredRule.columns)
            FROM needrecord.rules AS r
            WHERE r.lookup = needrecord.rule_lookup(\(rule.domain.text), \(rule.app.text), \(rule.stream.text))
                AND \(unescaped: isExact ? isIndexed : "NOT \(isIndexed)")
                AND r.rule_set = \(rule.set) AND NOT r.shadow
            ORDER BY r.id
            """
        )
        return try rules(rows, from: 0).first { $0.rule.content == rule.content }?.rule.id
    }

    /// Removes rules.
    ///
    /// - Returns: The ids of those that were there.
    /// - Throws: ``PostgresError``.
    public func remove(_ ids: [Rule.ID]) async throws(PostgresError) -> [Rule.ID] {
        try Self.ids(
            await connection.query(
                "DELETE FROM needrecord.rules WHERE id = ANY (\(ids.map(\.rawValue))::bigint[]) RETURNING id"
            )
        )
    }

    /// Switches rules on or off.
    ///
    /// - Returns: The ids of those that were there.
    /// - Throws: ``PostgresError``.
    public func setEnabled(_ isEnabled: Bool, _ ids: [Rule.ID]) async throws(PostgresError) -> [Rule.ID] {
        try Self.ids(
            await connection.query(
                """
                UPDATE needrecord.rules SET enabled = \(isEnabled)
                WHERE id = ANY (\(ids.map(\.rawValue))::bigint[]) RETURNING id
                """
            )
        )
    }

    static func ids(_ rows: PostgresRows) throws(PostgresError) -> [Rule.ID] {
        var ids: [Rule.ID] = []
        for row in rows { ids.append(Rule.ID(rawValue: try row.decode(Int64.self, at: 0))) }
        return ids.sorted()
    }
}
