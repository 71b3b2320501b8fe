internal import DecisionCore
internal import Postgres
internal import Wire

extension Decision.Reason {
    /// The word of the column `reason`.
    var word: String {
        switch self {
        case .rule: "rule"
        case .quotaExhausted: "quota_exhausted"
        case .noRuleMatches: "no_rule_matches"
        }
    }
}

extension Decision.Verdict {
    /// The column `formats`.
    var formats: [String] {
        switch self {
        case .record(let plan): plan.formats.map(\.rawValue)
        case .skip: []
        }
    }
}

extension PostgresJSON {
    /// The column `decision`.
    init(_ decision: Decision) {
        var writer = JSONWriter(capacity: 256)
        writer.object { $0.members(of: decision) }
        self.init(String(decoding: writer.bytes, as: UTF8.self))
    }
}
