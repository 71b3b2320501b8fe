import BusinessState
import DecisionCore
import RuleFiles

/// The findings about the rules of a file or of the database, and what was not looked at.
struct RulesExamination {
    /// The rules that were looked at, those that the findings are about first.
    let entries: [RuleEntry]
    /// How many of them the findings are about; the others only stand beside them.
    let count: Int
    private(set) var findings: [RuleFinding]
    /// What was not looked at, in words.
    private(set) var notChecked = ["whether time zones and quotas exist"]

    /// Looks at rules, beside those of other sets.
    init(_ entries: [RuleEntry], beside others: [RuleEntry] = [], templates: [StatedTemplate], now: Timestamp) {
        self.entries = entries + others
        count = entries.count
        if templates.isEmpty { notChecked.append("formats: no templates of the platform are stated") }
        guard !entries.isEmpty else {
            findings = RuleCheck([], now: now).findings()
            return
        }
        let isOwn = { (index: Int?) in index.map { $0 < entries.count } ?? false }
        findings = RuleCheck(self.entries, templates: templates, now: now).findings().filter {
            isOwn($0.index) || isOwn($0.otherIndex)
        }
    }

    /// Looks at what only the database knows.
    mutating func ask(_ store: RuleStore) async throws {
        notChecked.removeFirst()
        let own = entries.prefix(count).map(\.rule)
        let zones = Set(try await store.unknownTimeZones(among: own.compactMap { $0.schedule?.timeZone }))
        let quotas = Set(try await store.unknownQuotas(among: own.compactMap(\.quota)))
        for (index, rule) in own.enumerated() {
            let label = entries[index].label
            if let zone = rule.schedule?.timeZone, zones.contains(zone) {
                let message = "\(label) has the time zone \(zone), which the database does not know"
                findings.append(RuleFinding(.unknownTimeZone, at: index, message))
            }
            if let quota = rule.quota, quotas.contains(quota) {
                let message =
                    "\(label) charges to the quota \(quota), which there is not; `needrecord quotas set` adds it"
                findings.append(RuleFinding(.unknownQuota, at: index, message))
            }
        }
    }

    /// How many findings are that bad.
    func count(_ severity: RuleFinding.Severity) -> Int {
        findings.count { $0.code.severity == severity }
    }

    /// Why the rules cannot be published; nil when they can.
    ///
    /// - Parameters:
    ///   - changed: The places of the rules that the publication adds or changes. A warning that was accepted once, about
    ///     rules that stay as they are, does not stand in the way again.
    ///   - isForced: Whether warnings are accepted.
    func refusal(changed: Set<Int>, isForced: Bool) -> String? {
        let errors = count(.error)
        if errors > 0 { return "nothing was changed: there are errors in the rules (\(errors))" }
        let warnings = findings.count { finding in
            finding.code.severity == .warning
                && (finding.index.map(changed.contains) ?? true || finding.otherIndex.map(changed.contains) ?? false)
        }
        guard warnings > 0, !isForced else { return nil }
        return "nothing was changed: there are warnings about rules that are new or different (\(warnings)); "
            + "--force accepts them"
    }
}
