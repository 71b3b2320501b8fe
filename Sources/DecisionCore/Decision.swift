/// What was decided about an event, and why.
public struct Decision: Sendable, Hashable {
    /// What is to be done.
    public enum Verdict: Sendable, Hashable {
        /// Record, by this plan.
        case record(RecordingPlan)
        /// Do not record.
        case skip
    }

    /// Why.
    public enum Reason: Sendable, Hashable {
        /// This rule won.
        case rule(Rule.ID)
        /// No rule matches, and the default is not to record.
        case noRuleMatches
    }

    /// A rule that was looked at and did not win.
    public struct LosingRule: Sendable, Hashable {
        /// Why it lost.
        public enum Reason: Sendable, Hashable {
            /// It does not match: this is the first condition that is not met.
            case unmet(Rule.Condition)
            /// It matches, but the winner comes first.
            case preceded(Rule.Precedence)
        }

        /// The rule.
        public var id: Rule.ID
        /// Why it lost.
        public var reason: Reason

        /// Describes a loser.
        public init(id: Rule.ID, reason: Reason) {
            self.id = id
            self.reason = reason
        }
    }

    /// What is to be done.
    public var verdict: Verdict
    /// Why.
    public var reason: Reason
    /// The rules that did not win, by number.
    public var losingRules: [LosingRule]
    /// The rule revision that was decided on.
    public var revision: Int64
    /// The clock that was decided by.
    public var decidedAt: Timestamp

    /// Describes a decision.
    public init(
        verdict: Verdict,
        reason: Reason,
        losingRules: [LosingRule] = [],
        revision: Int64,
        decidedAt: Timestamp
    ) {
        self.verdict = verdict
        self.reason = reason
        self.losingRules = losingRules
        self.revision = revision
        self.decidedAt = decidedAt
    }
}
