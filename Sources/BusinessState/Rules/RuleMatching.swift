internal import DecisionCore

/// Which stored rule each draft is about, so that rules keep their ids, and with them their age and their history.
///
/// A draft is about the rule of its name; else about one that demands and does the same, with the same note if there is
/// one, and whatever it was called. Each stored rule is matched once, the oldest first.
public struct RuleMatching: Sendable {
    private let stored: [StoredRule]
    private let drafts: [RuleDraft]
    /// For each draft the stored rule; nil when it is new.
    public private(set) var matches: [StoredRule?]

    /// Matches drafts with stored rules of one set, in the order of their ids.
    public init(_ drafts: [RuleDraft], with stored: [StoredRule]) {
        self.stored = stored
        self.drafts = drafts
        matches = Array(repeating: nil, count: drafts.count)
        var isTaken: Set<Rule.ID> = []
        match(&isTaken) { $0.rule.name }
        // A rule whose name is in no draft may have lost it, and one without a name may have got one.
        match(&isTaken) { RuleDraft($0.rule.content, note: $0.note) }
        match(&isTaken) { $0.rule.content }
    }

    private mutating func match<Key: Hashable>(_ isTaken: inout Set<Rule.ID>, by key: (RuleDraft) -> Key?) {
        var free: [Key: [StoredRule]] = [:]
        // Taken from the end, the oldest first.
        for rule in stored.reversed() where !isTaken.contains(rule.rule.id) {
            guard let key = key(RuleDraft(rule.rule, note: rule.note)) else { continue }
            free[key, default: []].append(rule)
        }
        for (index, draft) in drafts.enumerated() where matches[index] == nil {
            guard let key = key(draft), let match = free[key]?.popLast() else { continue }
            matches[index] = match
            isTaken.insert(match.rule.id)
        }
    }

    /// What makes the stored rules like the drafts.
    ///
    /// - Parameter removing: Whether rules that no draft is about go.
    public func changes(removing: Bool) -> RuleChanges {
        var changes = RuleChanges()
        for (draft, match) in zip(drafts, matches) {
            guard let match else {
                changes.added.append(draft)
                continue
            }
            let after = RuleDraft(draft.rule.stored(as: match.rule.id), note: draft.note)
            if !after.isSame(as: match) { changes.changed.append(.init(before: match, after: after)) }
        }
        guard removing else { return changes }
        let kept = Set(matches.compactMap { $0?.rule.id })
        changes.removed = stored.filter { !kept.contains($0.rule.id) }
        return changes
    }
}
