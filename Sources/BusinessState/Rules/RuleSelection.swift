/// Which rules are meant.
public struct RuleSelection: Sendable, Hashable {
    /// Of which set; nil for all.
    public var set: String?
    /// Those that events are answered by, or the shadow's.
    public var isShadow: Bool
    /// As they stood when; nil for now.
    public var moment: RuleMoment?

    /// Describes a selection.
    public init(set: String? = nil, isShadow: Bool = false, moment: RuleMoment? = nil) {
        self.set = set
        self.isShadow = isShadow
        self.moment = moment
    }
}
