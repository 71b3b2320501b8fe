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
        /// This rule won and says record, but its quota has no room.
        case quotaExhausted(Rule.ID)
        /// No rule matches, and the default is not to record.
        case noRuleMatches
    }

    /// A rule that was looked at and did not win.
    public struct LosingRule: Sendable, Hashable {
        /// Why it lost.
        public enum Reason: Sendable, Hashable {
            /// It does not match: this is the first condition that is not met.
            case unmet(UnmetCondition)
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
    /// The most losing rules that a decision names. A stream that more rules are about is a mistake of whoever wrote
    /// them, and must not make its decisions too long to send.
    public static let maximumLosingRules = 100

    /// The rules that did not win: first those that match, the strongest first, then the others, by number.
    public var losingRules: [LosingRule]
    /// How many more rules did not win.
    public var omittedLosingRules: Int
    /// The rule revision that was decided on.
    public var revision: Int64
    /// The time zones that were decided by, as ``Facts/utcOffsets``.
    public var utcOffsets: [String: Int]
    /// What the winning rule's quota said; nil when it has none.
    public var reservation: Reservation?
    /// The clock that was decided by.
    public var decidedAt: Timestamp

    /// Describes a decision.
    public init(
        verdict: Verdict,
        reason: Reason,
        losingRules: [LosingRule] = [],
        omittedLosingRules: Int = 0,
        revision: Int64,
        utcOffsets: [String: Int] = [:],
        reservation: Reservation? = nil,
        decidedAt: Timestamp
    ) {
        self.verdict = verdict
        self.reason = reason
        self.losingRules = losingRules
        self.omittedLosingRules = omittedLosingRules
        self.revision = revision
        self.utcOffsets = utcOffsets
        self.reservation = reservation
        self.decidedAt = decidedAt
    }

    /// The rule that won; nil when none matches.
    public var winner: Rule.ID? {
        switch reason {
        case .rule(let id), .quotaExhausted(let id): id
        case .noRuleMatches: nil
        }
    }

    /// What was decided on beside the rules, so that the decision can be made again: with the rules of ``revision`` and
    /// at ``decidedAt`` it comes out the same.
    public func facts(rules: [Rule]) -> Facts {
        Facts(revision: revision, rules: rules, utcOffsets: utcOffsets, reservation: reservation)
    }
}
