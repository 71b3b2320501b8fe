public import DecisionCore

/// A rule with what only people need.
public struct RuleEntry: Sendable, Hashable {
    /// The rule. One that was read from a file has its place among the file's rules for an id, from 1.
    public var rule: Rule
    /// Why it is there.
    public var note: String
    /// The line that it begins in, from 1; nil when it is from no file.
    public var line: Int?

    /// Describes an entry.
    public init(rule: Rule, note: String = "", line: Int? = nil) {
        self.rule = rule
        self.note = note
        self.line = line
    }
}
