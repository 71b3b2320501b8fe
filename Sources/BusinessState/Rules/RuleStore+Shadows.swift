internal import DecisionCore
public import Postgres

/// A rule set that has a shadow.
public struct RuleShadow: Sendable {
    /// The set.
    public var set: String
    /// How many rules the shadow has.
    public var rules: Int
    /// When it was published, and last changed.
    public var publishedAt: PostgresTimestamp
    /// Which login role did so.
    public var publishedBy: String
    /// What for.
    public var note: String
}

extension RuleStore {
    /// The sets that have a shadow, in the order of their names.
    ///
    /// - Throws: ``PostgresError``.
    public func shadows() async throws(PostgresError) -> [RuleShadow] {
        let rows = try await connection.query(
            """
            SELECT s.rule_set, (SELECT count(*) FROM needrecord.rules AS r WHERE r.shadow AND r.rule_set = s.rule_set),
                s.published_at, s.published_by, s.note
            FROM needrecord.rule_shadows AS s
            ORDER BY s.rule_set COLLATE "C"
            """
        )
        var shadows: [RuleShadow] = []
        for row in rows {
            let (set, rules, at, by, note) = try row.decode((String, Int, PostgresTimestamp, String, String).self)
            shadows.append(RuleShadow(set: set, rules: rules, publishedAt: at, publishedBy: by, note: note))
        }
        return shadows
    }

    /// Removes the shadow of a set.
    ///
    /// - Throws: ``RuleStoreError`` when it has none; ``PostgresError``.
    public func dropShadow(of set: String, _ request: RevisionRequest = RevisionRequest()) async throws
        -> RevisionResult
    {
        try await change(request) { transaction in
            let (revision, rules) = try await Self.shadowRules(of: set, on: transaction)
            var changes = RuleChanges()
            changes.removed = rules
            try await Self.apply(changes, on: transaction)
            try await Self.unmarkShadow(of: set, on: transaction)
            return RevisionResult(changes: changes, before: revision, after: revision)
        }
    }

    /// Makes the shadow of a set the set itself, as publishing its file does: rules that the set has already keep their
    /// ids, and with them their age and their history.
    ///
    /// - Throws: ``RuleStoreError`` when the set has no shadow; ``PostgresError``.
    public func promoteShadow(
        of set: String,
        _ request: RevisionRequest = RevisionRequest()
    ) async throws -> RevisionResult {
        try await change(request) { transaction in
            let (revision, shadow) = try await Self.shadowRules(of: set, on: transaction)
            let store = RuleStore(transaction)
            let live = try await store.list(RuleSelection(set: set)).rules
            let drafts = shadow.map { RuleDraft($0.rule, note: $0.note) }
            let changes = RuleMatching(drafts, with: live).changes(removing: true)
            _ = try await store.remove(shadow.map(\.rule.id))
            try await Self.apply(changes, on: transaction)
            try await Self.unmarkShadow(of: set, on: transaction)
            return RevisionResult(changes: changes, before: revision, after: revision)
        }
    }

    private static func shadowRules(
        of set: String,
        on transaction: PostgresConnection
    ) async throws -> (revision: Int64, rules: [StoredRule]) {
        let isThere = try await !transaction.query(
            "SELECT FROM needrecord.rule_shadows WHERE rule_set = \(set)"
        ).isEmpty
        guard isThere else { throw RuleStoreError("the set \(set) has no shadow") }
        return try await RuleStore(transaction).list(RuleSelection(set: set, isShadow: true))
    }

    static func markShadow(of set: String, note: String, on transaction: PostgresConnection) async throws {
        try await transaction.execute(
            """
            INSERT INTO needrecord.rule_shadows (rule_set, note) VALUES (\(set), \(note))
            ON CONFLICT (rule_set) DO UPDATE
                SET published_at = now(), published_by = session_user, note = excluded.note
            """
        )
    }

    private static func unmarkShadow(of set: String, on transaction: PostgresConnection) async throws {
        try await transaction.execute("DELETE FROM needrecord.rule_shadows WHERE rule_set = \(set)")
    }
}
