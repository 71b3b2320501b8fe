public import DecisionCore

/// The rules of one set, as people write and review them.
public struct RuleFile: Sendable, Hashable {
    /// The longest file, in bytes; some 80,000 rules.
    public static let maximumLength = 16 * 1_024 * 1_024

    /// The set that the rules belong to.
    public var set: String
    /// What the platform records by itself, as far as it was stated; nil when the file does not speak of it.
    public var templates: [StatedTemplate]?
    /// The rules. Of two that are equal in all that ranks them, the one that is older in the business state wins; rules
    /// that are new come in the order of the file.
    public var entries: [RuleEntry]

    /// Describes a file.
    public init(set: String = Rule.defaultSet, templates: [StatedTemplate]? = nil, entries: [RuleEntry]) {
        self.set = set
        self.templates = templates
        self.entries = entries
    }
}
