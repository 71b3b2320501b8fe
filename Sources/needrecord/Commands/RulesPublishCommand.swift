import ArgumentParser
import BusinessState
import Logging

struct RulesPublishCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Make a rule set what a rule file says, in one revision.",
        discussion: """
            The file is checked first: errors refuse it, and so do warnings about rules that are new or different, \
            unless --force accepts them. A rule keeps its id when the file has one of its name, or one that says the \
            same. Workers decide by the new rules from the next callback on.
            """
    )

    @Argument(help: "A rule file, or - for standard input.")
    var file: String

    @Flag(help: "Publish as the shadow of the set: decided with for comparison, while the set itself stays.")
    var shadow = false

    @Flag(help: "Accept warnings.")
    var force = false

    @OptionGroup var change: RulesChangeOptions

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let publication = RulesPublication(
            file: try RulesFile(file),
            isShadow: shadow,
            isForced: force,
            request: change.request
        )
        try await publication.runAndShow(settings, output, logger: logger)
    }
}

extension RulesPublication {
    /// Publishes, and says what was found and changed.
    func runAndShow(_ settings: Settings, _ output: OutputFormat, logger: Logger) async throws {
        let (result, examination) = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await run(store) { examination in
                guard output == .text else { return }
                for line in examination.lines(file: file.name) { print(line) }
            }
        }
        RulesChangesReport(result: result).show(output, isTrial: request.isTrial, examination: examination)
    }
}
