import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Postgres
import Wire

struct RulesListCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the rules with the revision that they are of."
    )

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(settings.database(as: .reader), logger: logger)
        let (revision, rules) = try await RuleStore(connection).list()
        await connection.close()
        switch output {
        case .text: printTable(revision, rules)
        case .json: printJSON(revision, rules)
        }
    }

    private func printTable(_ revision: Int64, _ rules: [StoredRule]) {
        let header = ["ID", "PRIORITY", "DOMAIN", "APP", "STREAM", "EFFECT", "NOTE"]
        let rows = rules.map { stored in
            let rule = stored.rule
            return [
                String(rule.id.rawValue), String(rule.priority), rule.domain.text, rule.app.text, rule.stream.text,
                rule.effect.text, stored.note,
            ]
        }
        print(TextTable(header: header, rows: rows).text)
        print("revision \(revision), \(rules.count) \(rules.count == 1 ? "rule" : "rules")")
    }

    private func printJSON(_ revision: Int64, _ rules: [StoredRule]) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("revision", revision)
            writer.member("rules", array: { for rule in rules { $0.element(rule) } })
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }
}

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

extension JSONWriter {
    fileprivate mutating func element(_ stored: StoredRule) {
        let rule = stored.rule
        object { writer in
            writer.member("id", rule.id.rawValue)
            writer.member("priority", rule.priority)
            writer.member("domain", rule.domain.text)
            writer.member("app", rule.app.text)
            writer.member("stream", rule.stream.text)
            switch rule.effect {
            case .skip: writer.member("effect", "skip")
            case .record(let plan):
                writer.member("effect", "record")
                writer.members(of: plan)
            }
            writer.member("note", stored.note)
        }
    }
}
