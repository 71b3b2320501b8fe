import BusinessState
import DecisionCore
import RuleFiles

extension RuleFile {
    /// The rules as they would be once they are published: under the ids of the stored rules that they are about, and
    /// the new ones younger than every other.
    func rules(matching stored: [StoredRule]) -> [Rule] {
        let matches = RuleMatching(entries.map { RuleDraft($0.rule, note: $0.note) }, with: stored).matches
        return zip(entries.indices, matches).map { index, match in
            var rule = entries[index].rule
            rule.id = match?.rule.id ?? Rule.ID(rawValue: Explanation.firstNewRule + Int64(index))
            return rule
        }
    }
}
