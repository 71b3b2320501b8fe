import ArgumentParser
import BusinessState
import Logging

struct RulesImportCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add and update rules from a rule file, and remove none.",
        discussion: """
            As `rules publish`, but what is not in the file stays. A rule without a name is added unless there is one \
            that says the same.
            """
    )

    @Argument(help: "A rule file, or - for standard input.")
    var file: String

    @Flag(help: "Accept warnings.")
    var force = false

    @OptionGroup var change: RulesChangeOptions

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let publication = RulesPublication(
            file: try RulesFile(file),
            isWhole: false,
            isForced: force,
            request: change.request
        )
        try await publication.runAndShow(settings, output, logger: logger)
    }
}
