import BusinessState
import DecisionCore
import RuleFiles

/// Brings the rules of a file into the database, when they pass the check.
struct RulesPublication {
    let file: RulesFile
    /// Whether rules that are not in the file go.
    var isWhole = true
    var isShadow = false
    var isForced = false
    var request: RevisionRequest

    /// Publishes.
    ///
    /// - Parameter examined: Called with what the check has found, before anything is changed.
    /// - Throws: ``Failure`` when the check refuses; what the database throws.
    func run(
        _ store: RuleStore,
        examined: (RulesExamination) -> Void
    ) async throws -> (result: RevisionResult, examination: RulesExamination) {
        var found: RulesExamination?
        let result = try await store.revise(file.content.set, isShadow: isShadow, request) { state in
            let matching = RuleMatching(file.drafts, with: state.rules)
            let changes = matching.changes(removing: isWhole)
            let templates = templates(state)
            let kept = isWhole ? [] : matching.untouched(of: state.rules)
            var examination = RulesExamination(
                matching.entries(of: file.content),
                beside: (kept + state.others).map { RuleEntry($0) },
                templates: (templates ?? state.templates).map { StatedTemplate($0) },
                now: CivilClock.now()
            )
            try await examination.ask(store)
            examined(examination)
            found = examination
            if !changes.isEmpty, let refusal = refusal(examination, matching, changes) { throw Failure(refusal) }
            return (changes, templates)
        }
        guard let found else { throw Failure("the rules were not checked") }
        return (result, found)
    }

    private func refusal(_ examination: RulesExamination, _ matching: RuleMatching, _ changes: RuleChanges) -> String? {
        let changed = Set(changes.changed.map(\.before.rule.id))
        let places = matching.matches.indices.filter { index in
            matching.matches[index].map { changed.contains($0.rule.id) } ?? true
        }
        return examination.refusal(changed: Set(places), isForced: isForced)
    }

    /// The templates from then on; nil keeps them. They are what the platform has, so a shadow has none of its own.
    private func templates(_ state: RuleState) -> [RuleTemplate]? {
        if isShadow { return nil }
        if isWhole { return file.templates ?? [] }
        guard let stated = file.templates else { return nil }
        return stated
            + state.templates.filter { old in
                !stated.contains { $0.domain == old.domain && $0.app == old.app }
            }
    }
}

extension RuleMatching {
    /// The stored rules that no draft is about.
    func untouched(of stored: [StoredRule]) -> [StoredRule] {
        let matched = Set(matches.compactMap { $0?.rule.id })
        return stored.filter { !matched.contains($0.rule.id) }
    }
}
