extension Rule {
    /// How narrow the rule is; the narrower of two rules wins.
    ///
    /// The platform ranks its own recording rules stream, application, domain, and leaves a stream name under any
    /// application unranked; here that is narrower than a domain and wider than an application. Within each of these,
    /// a named domain is narrower than any domain. A glob stands between a name and any name.
    public var specificity: Int {
        app.breadth.rawValue * 9 + stream.breadth.rawValue * 3 + domain.breadth.rawValue
    }

    /// Why this rule comes before `other` when both match; nil when it does not.
    ///
    /// The order is total: priority, then specificity, then skip before record, then the older rule. Two rules never
    /// have the same number.
    public func precedence(over other: Rule) -> Precedence? {
        if priority != other.priority { return priority > other.priority ? .priority : nil }
        if specificity != other.specificity { return specificity > other.specificity ? .specificity : nil }
        switch (effect, other.effect) {
        case (.skip, .record): return .skipBeforeRecord
        case (.record, .skip): return nil
        case (.skip, .skip), (.record, .record): return id < other.id ? .age : nil
        }
    }

    /// What put one matching rule before another.
    public enum Precedence: String, Sendable, Hashable {
        /// The winner's priority is higher.
        case priority
        /// The winner is narrower.
        case specificity
        /// The winner says skip and the other record.
        case skipBeforeRecord = "skip_before_record"
        /// The winner is older.
        case age
    }
}
