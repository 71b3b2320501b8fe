internal import DecisionCore
internal import Postgres

extension RuleStore {
    /// Changes the rules of a set, or of its shadow, in one transaction, which is one revision.
    ///
    /// - Parameters:
    ///   - set: Which set.
    ///   - isShadow: Whether its shadow is changed; it has one from then on.
    ///   - request: The note, and on what terms.
    ///   - plan: Says what to do, knowing what there is: nobody else changes rules meanwhile. What it throws ends it all.
    ///     It returns the changes of the rules, and the templates that are stated from then on; nil keeps them.
    /// - Throws: What `plan` throws; ``RuleStoreError`` when the revision is not the expected one; ``PostgresError``.
    public func revise(
        _ set: String,
        isShadow: Bool = false,
        _ request: RevisionRequest = RevisionRequest(),
        plan: (RuleState) async throws -> (changes: RuleChanges, templates: [RuleTemplate]?)
    ) async throws -> RevisionResult {
        try await change(request) { transaction in
            let store = RuleStore(transaction)
            let (revision, rules) = try await store.list(RuleSelection(set: set, isShadow: isShadow))
            let state = RuleState(
                revision: revision,
                rules: rules,
                others: try await store.wideRules(besides: set),
                templates: try await store.templates(of: set)
            )
            let (changes, templates) = try await plan(state)
            try await Self.apply(changes, isShadow: isShadow, on: transaction)
            if isShadow { try await Self.markShadow(of: set, note: request.note, on: transaction) }
            var result = RevisionResult(changes: changes, before: revision, after: revision)
            if let templates, Set(templates) != Set(state.templates) {
                result.changesTemplates = true
                try await Self.replaceTemplates(of: set, by: templates, on: transaction)
            }
            return result
        }
    }

    /// Makes a change in a transaction, alone with the rules.
    func change(
        _ request: RevisionRequest,
        _ body: (PostgresConnection) async throws -> RevisionResult
    ) async throws -> RevisionResult {
        do {
            return try await connection.withTransaction { transaction in
                try await Self.awaitTurn(on: transaction)
                let store = RuleStore(transaction)
                let current = try await store.currentRevision()
                if let expected = request.expectedRevision, expected != current {
                    throw RuleStoreError("the rules are at revision \(current) by now, not at \(expected)")
                }
                try await transaction.execute("SELECT set_config('needrecord.note', \(request.note), true)")
                var result = try await body(transaction)
                result.after = try await store.currentRevision()
                if request.isTrial { throw TrialEnd(result: result) }
                return result
            }
        } catch let end as TrialEnd {
            return end.result
        }
    }

    /// Thrown to take a trial back.
    private struct TrialEnd: Error {
        let result: RevisionResult
    }

    /// Waits until nobody else changes rules, and keeps others from it until the transaction ends. What changes no row
    /// fires the trigger that does so all the same; the row that it locks is not an operator's to lock.
    static func awaitTurn(on transaction: PostgresConnection) async throws(PostgresError) {
        try await transaction.execute("DELETE FROM needrecord.rules WHERE false")
    }

    /// First what goes, then what changes, then what comes: so a name is free when it is taken.
    static func apply(
        _ changes: RuleChanges,
        isShadow: Bool = false,
        on transaction: PostgresConnection
    ) async throws {
        if !changes.removed.isEmpty {
            _ = try await RuleStore(transaction).remove(changes.removed.map(\.rule.id))
        }
        if !changes.changed.isEmpty {
            try await update(changes.changed, isShadow: isShadow, on: transaction)
        }
        if !changes.restored.isEmpty {
            try await restore(RuleTable(changes.restored), on: transaction)
        }
        if !changes.added.isEmpty {
            _ = try await insert(RuleTable(changes.added, isShadow: isShadow), on: transaction)
        }
    }

    private static func update(
        _ changes: [RuleChanges.Change],
        isShadow: Bool,
        on transaction: PostgresConnection
    ) async throws {
        // Two rules may change names, and the statement below takes one after the other.
        let renamed = changes.filter { $0.before.rule.name != nil && $0.before.rule.name != $0.after.rule.name }
        if !renamed.isEmpty {
            let ids = renamed.map(\.before.rule.id.rawValue)
            try await transaction.execute("UPDATE needrecord.rules SET name = NULL WHERE id = ANY (\(ids)::bigint[])")
        }
        try await transaction.execute(
            """
            UPDATE needrecord.rules AS r SET (\(unescaped: RuleTable.columns)) = ROW (\(unescaped: RuleTable.values))
            FROM \(RuleTable(changes.map(\.after), isShadow: isShadow))
            WHERE r.id = n.id
            """
        )
    }

    private static func restore(_ rules: RuleTable, on transaction: PostgresConnection) async throws {
        try await transaction.execute(
            """
            INSERT INTO needrecord.rules (id, created_at, \(unescaped: RuleTable.columns))
            OVERRIDING SYSTEM VALUE
            SELECT n.id, n.created_at, \(unescaped: RuleTable.values)
            FROM \(rules)
            """
        )
    }

    static func insert(_ rules: RuleTable, on connection: PostgresConnection) async throws(PostgresError) -> [Rule.ID] {
        try ids(
            await connection.query(
                """
                INSERT INTO needrecord.rules (\(unescaped: RuleTable.columns))
                SELECT \(unescaped: RuleTable.values)
                FROM \(rules)
                ORDER BY n.number
                RETURNING id
                """
            )
        )
    }

    private static func replaceTemplates(
        of set: String,
        by templates: [RuleTemplate],
        on transaction: PostgresConnection
    ) async throws {
        try await transaction.execute("DELETE FROM needrecord.rule_templates WHERE rule_set = \(set)")
        try await transaction.execute(
            """
            INSERT INTO needrecord.rule_templates (rule_set, domain, app, formats)
            SELECT \(set), n.domain, n.app, string_to_array(n.formats, ',')
            FROM unnest(
                \(templates.map(\.domain.text))::text[], \(templates.map(\.app.text))::text[],
                \(templates.map { $0.formats.map(\.rawValue).joined(separator: ",") })::text[]
            ) AS n (domain, app, formats)
            """
        )
    }
}
