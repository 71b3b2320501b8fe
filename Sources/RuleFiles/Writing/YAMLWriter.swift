internal import DecisionCore

/// Writes a rule file, each member of a rule on a line of its own, so that changes are easy to review.
struct YAMLWriter {
    private(set) var text = ""

    mutating func line(_ line: String) {
        text += line
        text += "\n"
    }

    mutating func templates(_ templates: [StatedTemplate]) {
        line(templates.isEmpty ? "templates: []" : "templates:")
        for template in templates {
            var members: [String] = []
            if template.domain != .any { members.append("domain: \(Self.quoted(template.domain.text))") }
            if template.app != .any { members.append("app: \(Self.quoted(template.app.text))") }
            members.append("formats: \(Self.list(template.formats))")
            item(members)
        }
    }

    mutating func entry(_ entry: RuleEntry) {
        let rule = entry.rule
        var members: [String] = []
        if let name = rule.name { members.append("name: \(Self.quoted(name))") }
        for (key, pattern) in [("domain", rule.domain), ("app", rule.app), ("stream", rule.stream)]
        where pattern != .any {
            members.append("\(key): \(Self.quoted(pattern.text))")
        }
        members += Self.conditions(of: rule)
        if rule.priority != 0 { members.append("priority: \(rule.priority)") }
        members.append(Self.effect(rule.effect))
        if let quota = rule.quota { members.append("quota: \(Self.quoted(quota))") }
        if !rule.isEnabled { members.append("enabled: false") }
        if !entry.note.isEmpty { members.append("note: \(Self.quoted(entry.note))") }
        item(members)
    }

    private mutating func item(_ members: [String]) {
        for (index, member) in members.enumerated() { line((index == 0 ? "  - " : "    ") + member) }
    }

    private static func conditions(of rule: Rule) -> [String] {
        var members: [String] = []
        if let codec = rule.codec { members.append("codec: \(codec.rawValue)") }
        if let bitrate = rule.bitrate {
            members.append(mapping("bitrate", [("min", bitrate.minimum), ("max", bitrate.maximum)]))
        }
        if rule.validity != .always {
            members.append(mapping("valid", [("from", rule.validity.from), ("until", rule.validity.until)]))
        }
        if let schedule = rule.schedule {
            let windows = schedule.windows.map { "\"\($0)\"" }.joined(separator: ", ")
            members.append("schedule: { time_zone: \(schedule.timeZone), windows: [\(windows)] }")
        }
        if let share = rule.share { members.append("percentage: \(share)") }
        return members
    }

    private static func effect(_ effect: Rule.Effect) -> String {
        guard case .record(let plan) = effect else { return "skip: true" }
        guard plan != .template else { return "record: true" }
        var members: [String] = []
        if !plan.formats.isEmpty { members.append("formats: \(list(plan.formats))") }
        if !plan.intervals.isEmpty {
            members.append(mapping("intervals", RecordFormat.allCases.map { ($0.rawValue, plan.intervals[$0]) }))
        }
        return "record: { \(members.joined(separator: ", ")) }"
    }

    private static func mapping(_ key: String, _ members: [(String, (some CustomStringConvertible)?)]) -> String {
        let members = members.compactMap { name, value in value.map { "\(name): \($0)" } }
        return "\(key): { \(members.joined(separator: ", ")) }"
    }

    private static func list(_ formats: [RecordFormat]) -> String {
        "[\(formats.map(\.rawValue).joined(separator: ", "))]"
    }

    /// A text, in quotes where it could be taken for anything else than a text, by this program or by another.
    static func quoted(_ text: String) -> String {
        if isPlain(text) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars { quoted += escaped(scalar) }
        return quoted + "\""
    }

    /// Whether a text is letters and digits, the first a letter, with single dots, hyphens, underscores or slashes
    /// between them, and none of the words that YAML has had a meaning for.
    private static func isPlain(_ text: String) -> Bool {
        var isAfterMark = true
        for (index, byte) in text.utf8.enumerated() {
            let isMark = [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/")].contains(byte)
            guard isMark ? !isAfterMark : Label.isAlphanumeric(byte) else { return false }
            if index == 0, byte < UInt8(ascii: "A") { return false }
            isAfterMark = isMark
        }
        return !isAfterMark
            && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text.lowercased())
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": return "\\\(scalar)"
        case "\n": return "\\n"
        case "\t": return "\\t"
        // Or it could look like an anchor.
        case "&": return "\\x26"
        default: break
        }
        let isPrintable =
            switch scalar.value {
            case 0x20..<0x7F, 0xA0..<0x2028, 0x2030..<0xD800, 0xE000..<0xFEFF, 0xFF00..<0xFFFE, 0x1_0000...: true
            default: false
            }
        if isPrintable { return String(scalar) }
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
