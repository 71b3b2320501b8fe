internal import DecisionCore

extension RuleStore {
    /// Makes the rules what they were, under the ids that they had, in a revision of its own. Shadows are left alone.
    ///
    /// - Parameters:
    ///   - moment: When.
    ///   - set: Of which set; nil for all.
    ///   - request: The note, and on what terms.
    /// - Throws: ``RuleStoreError`` for a revision that there is not, or when a rule names a quota that is gone;
    ///   ``PostgresError``.
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
            try await Self.apply(changes, on: transaction)
            return RevisionResult(changes: changes, before: current, after: current)
        }
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
