internal import DecisionCore
internal import Postgres

extension RuleStore {
    /// Makes the rules what they were, under the ids that they had, in a revision of its own. Shadows are left alone.
    ///
    /// - Parameters:
    ///   - moment: When.
    ///   - set: Of which set; nil for all.
    ///   - request: The note, and on what terms.
    /// - Throws: ``RuleStoreError`` for a revision that there is not, when a rule names a quota that is gone, or when one
    ///   has moved to another set or into a shadow since; ``PostgresError``.
    public func rollBack(
        to moment: RuleMoment,
        set: String? = nil,
        _ request: RevisionRequest = RevisionRequest()
    ) async throws -> RevisionResult {
        try await change(request) { transaction in
            let store = RuleStore(transaction)
            let then = try await store.list(RuleSelection(set: set, moment: moment)).rules
            try await store.requireQuotas(of: then)
            let current = try await store.currentRevision()
            let now = try await store.list(RuleSelection(set: set)).rules
            let changes = RuleChanges(from: now, backTo: then)
            try await store.requireAbsence(of: changes.restored)
            try await Self.apply(changes, on: transaction)
            return RevisionResult(changes: changes, before: current, after: current)
        }
    }

    /// A rule that has moved is somebody else's by now, and not to be taken from them unasked.
    private func requireAbsence(of rules: [StoredRule]) async throws {
        let rows = try await connection.query(
            """
            SELECT id, rule_set, shadow FROM needrecord.rules
            WHERE id = ANY (\(rules.map(\.rule.id.rawValue))::bigint[]) ORDER BY id
            """
        )
        guard let row = rows.first else { return }
        let id = Rule.ID(rawValue: try row.decode(Int64.self, at: 0))
        guard let then = rules.first(where: { $0.rule.id == id })?.rule else { return }
        let (set, isShadow) = (try row.decode(String.self, at: 1), try row.decode(Bool.self, at: 2))
        let name = then.name.map { " (\($0))" } ?? ""
        let place = isShadow ? "the shadow of the set \(set)" : "the set \(set)"
        let others = rows.count > 1 ? ", and \(rows.count - 1) more have moved too" : ""
        throw RuleStoreError(
            "rule \(id.rawValue)\(name) belonged to the rule set \(then.set) and is in \(place) by now\(others); "
                + "move it back first" + (isShadow ? "" : ", or roll back --all-sets")
        )
    }

    private func requireQuotas(of rules: [StoredRule]) async throws {
        let gone = try await unknownQuotas(among: rules.compactMap(\.rule.quota))
        guard let rule = rules.first(where: { $0.rule.quota.map(gone.contains) ?? false }), let quota = rule.rule.quota
        else { return }
        throw RuleStoreError(
            "rule \(rule.rule.id.rawValue) charged to the quota \(quota), which is gone; set it again "
                + "with `needrecord quotas set \(quota)` first"
        )
    }
}
