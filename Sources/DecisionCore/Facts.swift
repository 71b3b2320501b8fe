/// What was read from the business state to decide one event, in one snapshot.
public struct Facts: Sendable, Hashable {
    /// The rule revision the snapshot stands for; it goes up with every change of a rule.
    public var revision: Int64
    /// The rules that may match the event, in any order.
    public var rules: [Rule]

    /// Describes a snapshot.
    public init(revision: Int64, rules: [Rule]) {
        self.revision = revision
        self.rules = rules
    }
}
