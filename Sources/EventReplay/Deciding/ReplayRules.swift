public import DecisionCore

/// The rules that callbacks are decided on again.
public struct ReplayRules: Sendable {
    /// Rules that stand in the place of those of a set, as a file that is not yet published has them.
    public struct Replacement: Sendable {
        /// The set.
        public var set: String
        /// The rules, under ids of their own.
        public var rules: [Rule]

        /// Describes a replacement.
        public init(set: String, rules: [Rule]) {
            self.set = set
            self.rules = rules
        }
    }

    /// The revision; rules that are changed meanwhile change nothing.
    public var revision: Int64
    /// What stands in the place of a set; nil for nothing.
    public var replacement: Replacement?

    /// The rules of a revision.
    public init(revision: Int64, replacement: Replacement? = nil) {
        self.revision = revision
        self.replacement = replacement
    }
}
