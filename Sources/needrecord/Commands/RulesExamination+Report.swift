import DecisionCore
import RuleFiles
import Wire

extension RulesExamination {
    /// The most findings in a text; who has more wants to see the first ones only.
    private static let maximumLines = 100

    /// A line for each finding.
    ///
    /// - Parameter file: The name of the file that the rules are from, so that editors can jump to a finding.
    func lines(file: String?) -> [String] {
        var lines = findings.prefix(Self.maximumLines).map { finding in
            let line = finding.index.flatMap { entries[$0].line }
            let place = file.map { name in "\(name):\(line.map { "\($0):" } ?? "") " } ?? ""
            return "\(place)\(finding.code.severity.rawValue): \(finding.message) [\(finding.code.rawValue)]"
        }
        if findings.count > Self.maximumLines { lines.append("and \(findings.count - Self.maximumLines) more") }
        return lines
    }

    /// What was looked at, and what not.
    var summary: [String] {
        let counts = [(RuleFinding.Severity.error, "error"), (.warning, "warning"), (.info, "info")]
            .map { counted(count($0.0), $0.1) }.joined(separator: ", ")
        return ["\(counted(count, "rule")) checked: \(counts)"] + notChecked.map { "not checked: \($0)" }
    }

    /// Writes the findings, and what was not looked at.
    func write(to writer: inout JSONWriter) {
        writer.member(
            "findings",
            array: { array in
                for finding in findings { array.object { write(finding, to: &$0) } }
            }
        )
        writer.member("not_checked", array: { for text in notChecked { $0.element(text) } })
    }

    private func write(_ finding: RuleFinding, to writer: inout JSONWriter) {
        writer.member("severity", finding.code.severity.rawValue)
        writer.member("code", finding.code.rawValue)
        if let index = finding.index { writer.member("rule", object: { reference(index, to: &$0) }) }
        if let index = finding.otherIndex { writer.member("other", object: { reference(index, to: &$0) }) }
        writer.member("message", finding.message)
    }

    private func reference(_ index: Int, to writer: inout JSONWriter) {
        let entry = entries[index]
        if let line = entry.line {
            writer.member("line", line)
        } else {
            writer.member("id", entry.rule.id.rawValue)
        }
        if let name = entry.rule.name { writer.member("name", name) }
    }
}
