internal import DecisionCore

/// What can be said of a rule only beside others: that it never wins, or contradicts one of its own rank.
struct RuleComparison {
    /// The strongest first.
    private let rules: [ComparedRule]

    init(_ rules: [ComparedRule]) {
        self.rules = rules
    }

    func findings() -> [RuleFinding] {
        let unreachable = self.unreachable()
        let isUnreachable = Set(unreachable.compactMap(\.index))
        let reachable = rules.filter { !isUnreachable.contains($0.index) }
        return unreachable + ContradictionSearch(reachable).findings()
    }

    private func unreachable() -> [RuleFinding] {
        let index = ContainerIndex(rules)
        var findings: [RuleFinding] = []
        for (place, rule) in rules.enumerated() {
            // Of several the strongest is named.
            var winner = place
            index.candidates(for: rule) { candidate in
                if candidate < winner, rules[candidate].contains(rule) { winner = candidate }
            }
            guard winner < place, let reason = rules[winner].rule.precedence(over: rule.rule) else { continue }
            let message =
                "\(rule.label) never wins: \(rules[winner].label) matches all that it matches, and comes first "
                + "(\(reason.words))"
            findings.append(RuleFinding(.unreachable, at: rule.index, other: rules[winner].index, message))
        }
        return findings
    }
}

extension Rule.Precedence {
    /// What puts the winner first, in words.
    var words: String {
        switch self {
        case .priority: "higher priority"
        case .specificity: "narrower"
        case .skipBeforeRecord: "skip comes before record"
        case .age: "the older rule"
        }
    }
}
