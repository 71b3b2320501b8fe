internal import DecisionCore

/// What is to be done to stored rules.
public struct RuleChanges: Sendable {
    /// A stored rule that becomes another one under its id.
    public struct Change: Sendable {
        /// What it was.
        public var before: StoredRule
        /// What it becomes; its id is the same.
        public var after: RuleDraft
    }

    /// The new rules, in the order in which they get their ids.
    public var added: [RuleDraft] = []
    /// Rules that were removed and come back under the ids that they had.
    public var restored: [StoredRule] = []
    /// The rules that change.
    public var changed: [Change] = []
    /// The rules that go.
    public var removed: [StoredRule] = []

    /// Nothing.
    public init() {}

    /// Whether there is nothing to do.
    public var isEmpty: Bool {
        added.isEmpty && restored.isEmpty && changed.isEmpty && removed.isEmpty
    }

    /// What makes the stored rules those that stood before, under the ids that they had.
    init(from stored: [StoredRule], backTo then: [StoredRule]) {
        let now = Dictionary(stored.map { ($0.rule.id, $0) }) { first, _ in first }
        for rule in then {
            guard let current = now[rule.rule.id] else {
                restored.append(rule)
                continue
            }
            let draft = RuleDraft(rule.rule, note: rule.note)
            if !draft.isSame(as: current) { changed.append(Change(before: current, after: draft)) }
        }
        let kept = Set(then.map(\.rule.id))
        removed = stored.filter { !kept.contains($0.rule.id) }
    }
}
