public import DecisionCore
public import Postgres

extension RuleStore {
    /// The newest revisions, the newest first.
    ///
    /// - Throws: ``PostgresError``.
    public func revisions(limit: Int) async throws(PostgresError) -> [RuleRevision] {
        let rows = try await connection.query("\(unescaped: Self.revisions) ORDER BY v.revision DESC LIMIT \(limit)")
        return try Self.revisions(rows)
    }

    /// Revisions by their numbers, the oldest first.
    ///
    /// - Throws: ``PostgresError``.
    public func revisions(_ numbers: [Int64]) async throws(PostgresError) -> [RuleRevision] {
        let rows = try await connection.query(
            "\(unescaped: Self.revisions) WHERE v.revision = ANY (\(numbers)::bigint[]) ORDER BY v.revision"
        )
        return try Self.revisions(rows)
    }

    /// What begins with a revision and ends no other version of the same rule was added by it, and so on.
    private static let revisions = """
        SELECT v.revision, v.changed_at, v.changed_by, v.note, n.made - c.changed, c.changed, n.ended - c.changed
        FROM needrecord.rule_revisions AS v
        CROSS JOIN LATERAL (
            SELECT (SELECT count(*) FROM needrecord.rule_versions WHERE since_revision = v.revision) AS made,
                (SELECT count(*) FROM needrecord.rule_versions WHERE until_revision = v.revision) AS ended
        ) AS n
        CROSS JOIN LATERAL (
            SELECT count(*) AS changed
            FROM needrecord.rule_versions AS a JOIN needrecord.rule_versions AS b USING (id)
            WHERE a.since_revision = v.revision AND b.until_revision = v.revision
        ) AS c
        """

    private static func revisions(_ rows: PostgresRows) throws(PostgresError) -> [RuleRevision] {
        var revisions: [RuleRevision] = []
        for row in rows {
            let (revision, at, by, note, added, changed, removed) = try row.decode(
                (Int64, PostgresTimestamp, String, String, Int, Int, Int).self
            )
            revisions.append(
                RuleRevision(
                    revision: revision,
                    changedAt: at,
                    changedBy: by,
                    note: note,
                    added: added,
                    changed: changed,
                    removed: removed
                )
            )
        }
        return revisions
    }

    /// Every version of a rule, the oldest first; none when there never was such a rule.
    ///
    /// - Throws: ``PostgresError``.
    public func versions(of id: Rule.ID) async throws(PostgresError) -> [RuleVersion] {
        let rows = try await connection.query(
            """
            SELECT r.since_revision, r.until_revision, \(unescaped: StoredRule.columns)
            FROM needrecord.rule_versions AS r
            WHERE r.id = \(id.rawValue)
            ORDER BY r.since_revision
            """
        )
        var versions: [RuleVersion] = []
        for row in rows {
            versions.append(
                RuleVersion(
                    stored: try StoredRule(row: row, from: 2),
                    since: try row.decode(Int64.self, at: 0),
                    until: try row.decode(Int64?.self, at: 1)
                )
            )
        }
        return versions
    }
}
