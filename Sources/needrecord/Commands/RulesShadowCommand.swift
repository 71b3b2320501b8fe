import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Wire

struct RulesShadowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shadow",
        abstract: "List shadows, drop one, or make one its set.",
        discussion: """
            A shadow is what a set may become: every event is also decided with it, off the answer path, and what it \
            would have answered differently is kept. `rules publish --shadow` makes one.
            """,
        subcommands: [RulesShadowListCommand.self, RulesShadowDropCommand.self, RulesShadowPromoteCommand.self]
    )
}

struct RulesShadowListCommand: Command {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the sets that have a shadow.")

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let shadows = try await RulesSession.run(settings, as: .reader, logger: logger) { try await $0.shadows() }
        switch output {
        case .text:
            let rows = shadows.map { shadow in
                [shadow.set, String(shadow.rules), shadow.publishedAt.secondsText, shadow.publishedBy, shadow.note]
            }
            print(TextTable(header: ["SET", "RULES", "PUBLISHED", "BY", "NOTE"], rows: rows).text)
        case .json:
            print(jsonText { $0.member("shadows", array: { for shadow in shadows { $0.element(shadow) } }) })
        }
    }
}

struct RulesShadowDropCommand: Command {
    static let configuration = CommandConfiguration(commandName: "drop", abstract: "Drop the shadow of a set.")

    @Argument(help: "The rule set.")
    var ruleSet: String

    @OptionGroup var change: RulesChangeOptions

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let result = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.dropShadow(of: ruleSet, change.request)
        }
        RulesChangesReport(result: result).show(output, isTrial: change.dryRun)
        if output == .text, !change.dryRun { print("the set \(ruleSet) has no shadow any more") }
    }
}

struct RulesShadowPromoteCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Make the shadow of a set the set, in one revision.",
        discussion: "The shadow's rules keep their ids, so events are decided exactly as the shadow decided them."
    )

    @Argument(help: "The rule set.")
    var ruleSet: String

    @OptionGroup var change: RulesChangeOptions

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let result = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.promoteShadow(of: ruleSet, change.request)
        }
        RulesChangesReport(result: result).show(output, isTrial: change.dryRun)
        if output == .text, !change.dryRun { print("the shadow of the set \(ruleSet) is the set now") }
    }
}

extension JSONWriter {
    fileprivate mutating func element(_ shadow: RuleShadow) {
        object { writer in
            writer.member("set", shadow.set)
            writer.member("rules", shadow.rules)
            writer.member("published_at", Timestamp(shadow.publishedAt).description)
            writer.member("published_by", shadow.publishedBy)
            writer.member("note", shadow.note)
        }
    }
}
