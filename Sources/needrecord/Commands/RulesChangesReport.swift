import BusinessState
import DecisionCore
import Wire

/// What a change of rules does, for people and programs.
struct RulesChangesReport {
    let result: RevisionResult

    private var changes: RuleChanges { result.changes }

    /// Whether there is a difference.
    var isEmpty: Bool { changes.isEmpty && !result.changesTemplates }

    /// A line for each rule, and for each field of one that changes.
    var lines: [String] {
        var lines = changes.removed.map { "- \($0.rule.lineText)" }
        for change in changes.changed {
            lines.append("~ \(change.before.rule.lineText)")
            lines += Self.differences(of: change).map { field in
                "    \(field.name): \(Self.shown(field.before)) -> \(Self.shown(field.after))"
            }
        }
        lines += changes.restored.map { "+ \($0.rule.lineText)" }
        lines += changes.added.map { "+ \(Self.unnumbered($0.rule).lineText)" }
        if result.changesTemplates { lines.append("~ the stated templates") }
        return lines
    }

    /// How many rules are affected in which way.
    var summary: String {
        let added = changes.added.count + changes.restored.count
        return "\(added) added, \(changes.changed.count) changed, \(changes.removed.count) removed"
    }

    private static func shown(_ text: String) -> String { text.isEmpty ? "(none)" : text }

    /// A new rule has no number of its own yet.
    private static func unnumbered(_ rule: Rule) -> Rule {
        var rule = rule
        rule.id = Rule.ID(rawValue: 0)
        return rule
    }

    private static func differences(of change: RuleChanges.Change) -> [(name: String, before: String, after: String)] {
        RulesFields(change.after.rule, note: change.after.note)
            .differences(from: RulesFields(change.before.rule, note: change.before.note))
    }

    /// Writes the changes.
    func write(to writer: inout JSONWriter) {
        writer.member(
            "added",
            array: { array in
                for stored in changes.restored { array.element(stored.rule, note: stored.note) }
                for draft in changes.added { array.element(Self.unnumbered(draft.rule), note: draft.note) }
            }
        )
        writer.member("changed", array: { array in for change in changes.changed { Self.write(change, to: &array) } })
        writer.member(
            "removed",
            array: { for stored in changes.removed { $0.element(stored.rule, note: stored.note) } }
        )
        writer.member("changes_templates", result.changesTemplates)
    }

    private static func write(_ change: RuleChanges.Change, to array: inout JSONWriter) {
        array.object { writer in
            writer.member("id", change.before.rule.id.rawValue)
            if let name = change.after.rule.name { writer.member("name", name) }
            writer.member(
                "fields",
                array: { fields in
                    for field in differences(of: change) {
                        fields.object { writer in
                            writer.member("field", field.name)
                            writer.member("before", field.before)
                            writer.member("after", field.after)
                        }
                    }
                }
            )
        }
    }

    /// Prints what was changed, and the revision.
    func show(_ output: OutputFormat, isTrial: Bool, examination: RulesExamination? = nil) {
        switch output {
        case .text:
            for line in lines { print(line) }
            if isEmpty {
                print("nothing to change: the rules are at revision \(result.before)")
            } else if isTrial {
                print("\(summary): nothing was changed, it would be revision \(result.after)")
            } else {
                print("\(summary): revision \(result.after)")
            }
        case .json:
            print(
                jsonText { writer in
                    examination?.write(to: &writer)
                    write(to: &writer)
                    writer.member("before", result.before)
                    writer.member("revision", isTrial ? result.before : result.after)
                    writer.member("dry_run", isTrial)
                }
            )
        }
    }
}
