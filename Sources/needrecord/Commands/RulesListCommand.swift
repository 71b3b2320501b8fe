import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Wire

struct RulesListCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the rules with the revision that they are of."
    )

    @OptionGroup var set: RulesSetOptions

    @Flag(help: "The rules of shadows, which nothing is answered by.")
    var shadow = false

    @OptionGroup var moment: RulesMomentOptions

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let selection = RuleSelection(set: set.ruleSet, isShadow: shadow, moment: moment.moment)
        let (revision, rules) = try await RulesSession.run(settings, as: .reader, logger: logger) { store in
            try await store.list(selection)
        }
        switch output {
        case .text: printTable(revision, rules)
        case .json: printJSON(revision, rules)
        }
    }

    private func printTable(_ revision: Int64, _ rules: [StoredRule]) {
        let header = [
            "ID", "SET", "NAME", "PRIORITY", "DOMAIN", "APP", "STREAM", "EFFECT", "CONDITIONS", "QUOTA", "NOTE",
        ]
        let rows = rules.map { stored in
            let rule = stored.rule
            return [
                String(rule.id.rawValue), rule.set, rule.name ?? "-", String(rule.priority), rule.domain.text,
                rule.app.text, rule.stream.text, rule.effect.text,
                rule.conditionsText.isEmpty ? "-" : rule.conditionsText, rule.quota ?? "-", stored.note,
            ]
        }
        print(TextTable(header: header, rows: rows).text)
        print("revision \(revision), \(counted(rules.count, "rule"))")
    }

    private func printJSON(_ revision: Int64, _ rules: [StoredRule]) {
        print(
            jsonText { writer in
                writer.member("revision", revision)
                writer.member(
                    "rules",
                    array: { array in
                        for stored in rules {
                            array.element(stored.rule, note: stored.note, isShadow: stored.isShadow)
                        }
                    }
                )
            }
        )
    }
}
