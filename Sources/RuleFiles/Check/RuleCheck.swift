public import DecisionCore

/// Looks for what is odd or surely wrong in the rules of a set: the linter behind `needrecord rules check`.
///
/// Pure, and fast for many rules: no rule is compared with every other one. What only the database knows, which time
/// zones and quotas exist, is not looked at.
public struct RuleCheck: Sendable {
    private let entries: [RuleEntry]
    private let templates: [StatedTemplate]
    private let now: Timestamp

    /// A check.
    ///
    /// - Parameters:
    ///   - entries: The rules, with ids that order them by age.
    ///   - templates: What the platform records by itself, as far as it was stated.
    ///   - now: The civil clock.
    public init(_ entries: [RuleEntry], templates: [StatedTemplate] = [], now: Timestamp) {
        self.entries = entries
        self.templates = templates
        self.now = now
    }

    /// What was found, in the order of the rules; what is about the set comes first.
    public func findings() -> [RuleFinding] {
        guard !entries.isEmpty else {
            return [RuleFinding(.emptySet, at: nil, "there are no rules: nothing is recorded")]
        }
        var findings: [RuleFinding] = []
        for (index, entry) in entries.enumerated() {
            let check = SingleRuleCheck(entry, at: index, templates: templates, now: now)
            findings += check.findings()
        }
        findings += DomainSpelling(entries).findings()
        findings += LookupShapes(entries).findings()
        findings += RuleComparison(compared).findings()
        return findings.enumerated()
            .sorted { ($0.element.index ?? -1, $0.offset) < ($1.element.index ?? -1, $1.offset) }
            .map(\.element)
    }

    /// The rules that could ever match, the strongest first.
    private var compared: [ComparedRule] {
        var shapes: [[UInt8]: PatternShape] = [:]
        return entries.enumerated()
            .filter { $0.element.rule.isEnabled }
            .map { ComparedRule($0.element, at: $0.offset, shapes: &shapes) }
            .sorted { $0.rule.precedence(over: $1.rule) != nil }
    }
}
