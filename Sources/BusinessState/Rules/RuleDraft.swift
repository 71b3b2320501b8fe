public import DecisionCore

/// A rule that is to be stored.
public struct RuleDraft: Sendable, Hashable {
    /// The rule; its id means nothing, unless it says which stored rule is to become like it.
    public var rule: Rule
    /// Why it is there; up to 1,000 bytes.
    public var note: String

    /// Describes a draft.
    public init(_ rule: Rule, note: String = "") {
        self.rule = rule
        self.note = note
    }

    /// Whether a stored rule is this one already.
    func isSame(as stored: StoredRule) -> Bool {
        note == stored.note && rule.stored(as: stored.rule.id) == stored.rule
    }
}

extension Rule {
    /// This rule under another id.
    func stored(as id: ID) -> Rule {
        var rule = self
        rule.id = id
        return rule
    }

    /// What it demands and does, whatever it is called.
    var content: Rule {
        var rule = self
        rule.id = ID(rawValue: 0)
        rule.name = nil
        return rule
    }
}
