internal import DecisionCore

/// Finds domains that are written in several ways which differ only in upper and lower case. The platform's names are
/// compared byte for byte, so at most one of them matches.
struct DomainSpelling {
    private let entries: [RuleEntry]

    init(_ entries: [RuleEntry]) {
        self.entries = entries
    }

    /// One for each spelling but the most frequent, of several such the first.
    func findings() -> [RuleFinding] {
        var uses: [String: [Int]] = [:]
        for (index, entry) in entries.enumerated() where entry.rule.domain != .any {
            uses[entry.rule.domain.text, default: []].append(index)
        }
        let groups = Dictionary(grouping: uses) { $0.key.lowercased() }
        return groups.values.filter { $0.count > 1 }.flatMap { spellings in
            let sorted = spellings.sorted { ($1.value.count, $0.value[0]) < ($0.value.count, $1.value[0]) }
            return sorted.dropFirst().map { spelling, indices in
                let others = indices.count == 1 ? "" : ", and \(indices.count - 1) more with it,"
                let message =
                    "\(entries[indices[0]].label)\(others) has the domain \(spelling), and \(sorted[0].key) elsewhere: "
                    + "domains are compared byte for byte, so at most one of them matches"
                return RuleFinding(.caseDouble, at: indices[0], message)
            }
        }
    }
}
