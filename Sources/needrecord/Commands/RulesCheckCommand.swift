import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import RuleFiles

struct RulesCheckCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look for what is odd or surely wrong, in a rule file or in the rules that are published.",
        discussion: """
            Says which rules never win, contradict one another, never open, or ask the platform for formats that its \
            templates do not have. A file is checked without a database; with --database also beside the rules of \
            other sets, and for time zones and quotas that there are not. Exit code 1 when there are errors.
            """
    )

    @Argument(help: "A rule file, or - for standard input; without one, what is published.")
    var file: String?

    @OptionGroup var set: RulesSetOptions

    @Flag(help: "Ask the database too, about a file.")
    var database = false

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if file != nil, set.ruleSet != nil {
            throw ValidationError("--rule-set does not go with a file, which says it")
        }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let file = try file.map { try RulesFile($0) }
        let examination =
            if let file, !database {
                RulesExamination(
                    file.content.entries,
                    templates: file.content.templates ?? [],
                    now: CivilClock.now()
                )
            } else {
                try await RulesSession.run(settings, as: .reader, logger: logger) { store in
                    try await examine(file, store)
                }
            }
        switch output {
        case .text: for line in examination.lines(file: file?.name) + examination.summary { print(line) }
        case .json: print(jsonText { examination.write(to: &$0) })
        }
        if examination.count(.error) > 0 { throw ExitCode.failure }
    }

    private func examine(_ file: RulesFile?, _ store: RuleStore) async throws -> RulesExamination {
        let set = file?.content.set ?? set.ruleSet
        let own = try await store.list(RuleSelection(set: set)).rules
        var others: [StoredRule] = []
        if let set { others = try await store.wideRules(besides: set) }
        var templates = try await store.templates(of: set).map { StatedTemplate($0) }
        var entries = own.map { RuleEntry($0) }
        if let file {
            entries = RuleMatching(file.drafts, with: own).entries(of: file.content)
            templates = file.content.templates ?? []
        }
        var examination = RulesExamination(
            entries,
            beside: others.map { RuleEntry($0) },
            templates: templates,
            now: CivilClock.now()
        )
        try await examination.ask(store)
        return examination
    }
}

extension RuleMatching {
    /// The rules of a file with the ids that they are going to have: those of the rules that they are about; the new
    /// ones, which are younger than any, in the order of the file.
    func entries(of file: RuleFile) -> [RuleEntry] {
        zip(file.entries, matches).enumerated().map { offset, pair in
            var entry = pair.0
            entry.rule.id = pair.1?.rule.id ?? Rule.ID(rawValue: .max - Int64(file.entries.count - offset))
            return entry
        }
    }
}
