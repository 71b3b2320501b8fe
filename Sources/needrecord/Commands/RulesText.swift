import BusinessState
import DecisionCore
import Postgres

extension Rule.Effect {
    /// The effect as a person reads it, such as `record mp4,flv every mp4=300s`.
    var text: String {
        guard case .record(let plan) = self else { return "skip" }
        var text = "record"
        if !plan.formats.isEmpty { text += " " + plan.formats.map(\.rawValue).joined(separator: ",") }
        let intervals = RecordFormat.allCases.compactMap { format in
            plan.intervals[format].map { "\(format.rawValue)=\($0)s" }
        }
        if !intervals.isEmpty { text += " every " + intervals.joined(separator: ",") }
        return text
    }
}

extension Rule {
    /// What the rule demands beside names, such as `h265, 1000.. kbit/s`.
    var conditionsText: String {
        var parts: [String] = []
        if !isEnabled { parts.append("not enabled") }
        if let codec { parts.append(codec.rawValue) }
        if let bitrate { parts.append(bitrate.description) }
        if validity != .always { parts.append(validity.description) }
        if let schedule { parts.append(schedule.description) }
        if let share { parts.append("\(share) %") }
        return parts.joined(separator: ", ")
    }

    /// The rule in a line, such as `rule 7 (vip-rooms) test.com / live / vip-*: record mp4`. Without its number as long
    /// as it has none.
    var lineText: String {
        let number = id.rawValue > 0 ? "rule \(id.rawValue)" : "rule"
        let names = "\(domain.text) / \(app.text) / \(stream.text)"
        return "\(number)\(name.map { " (\($0))" } ?? "") \(names): \(effect.text)"
    }
}

/// What of a rule can differ, in words.
struct RulesFields {
    /// The fields in the order in which a rule file has them; an absent one has no text.
    let all: [(name: String, text: String)]

    init(_ rule: Rule, note: String) {
        all = [
            ("set", rule.set), ("name", rule.name ?? ""), ("domain", rule.domain.text), ("app", rule.app.text),
            ("stream", rule.stream.text), ("codec", rule.codec?.rawValue ?? ""),
            ("bitrate", rule.bitrate?.description ?? ""),
            ("valid", rule.validity == .always ? "" : rule.validity.description),
            ("schedule", rule.schedule?.description ?? ""), ("percentage", rule.share?.description ?? ""),
            ("priority", String(rule.priority)), ("effect", rule.effect.text), ("quota", rule.quota ?? ""),
            ("enabled", String(rule.isEnabled)), ("note", note),
        ]
    }

    /// The fields that are not as they were.
    func differences(from before: RulesFields) -> [(name: String, before: String, after: String)] {
        zip(before.all, all).filter { $0.text != $1.text }.map { ($0.name, $0.text, $1.text) }
    }
}

extension PostgresTimestamp {
    /// ISO 8601 in UTC, without the part of a second.
    var secondsText: String {
        String(Timestamp(self).description.prefix(19)) + "Z"
    }
}

/// A number with its noun, such as `1 rule` or `2 rules`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
