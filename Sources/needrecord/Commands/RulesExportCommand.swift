import ArgumentParser
import BusinessState
import DecisionCore
import FoundationEssentials
import Logging
import RuleFiles

struct RulesExportCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the rules of a set as a rule file.",
        discussion: "Publishing what was exported changes nothing. Comments of a file are not kept; notes are."
    )

    @OptionGroup var set: RulesSetOptions

    @OptionGroup var moment: RulesMomentOptions

    @Flag(help: "The shadow of the set.")
    var shadow = false

    @Option(
        name: [.customShort("o"), .customLong("file")],
        help: ArgumentHelp("Where to write; default standard output.", valueName: "file")
    )
    var file: String?

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let set = set.ruleSet ?? Rule.defaultSet
        let text = try await RulesSession.run(settings, as: .reader, logger: logger) { store in
            let rules = try await store.list(RuleSelection(set: set, isShadow: shadow, moment: moment.moment)).rules
            let templates = try await store.templates(of: set).map { StatedTemplate($0) }
            // A slip of the pen must not become a file without rules.
            if rules.isEmpty, templates.isEmpty, self.set.ruleSet != nil {
                throw Failure("there is no rule set \(set)")
            }
            return RuleFile(
                set: set,
                templates: templates.isEmpty ? nil : templates,
                entries: rules.map { RuleEntry($0) }
            ).text
        }
        guard let file else { return print(text, terminator: "") }
        do {
            try Data(text.utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw Failure("cannot write \(file)")
        }
    }
}
