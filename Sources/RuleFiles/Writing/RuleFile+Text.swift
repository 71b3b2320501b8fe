internal import DecisionCore

extension RuleFile {
    /// The file's text: YAML that reads as this file again, the same for the same file.
    public var text: String {
        var writer = YAMLWriter()
        writer.line("set: \(YAMLWriter.quoted(set))")
        if let templates { writer.templates(templates) }
        writer.line(entries.isEmpty ? "rules: []" : "rules:")
        for entry in entries { writer.entry(entry) }
        return writer.text
    }
}
