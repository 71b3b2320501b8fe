import ArgumentParser
import BusinessState
import Logging
import Postgres
import RuleFiles
import Wire

struct RulesDiffCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what publishing a rule file would change.",
        discussion: """
            Exit code 0 when nothing would be changed, 1 when something would, 2 when that cannot be found out. Against \
            an older revision it says how the file differs from the rules of then.
            """
    )

    @Argument(help: "A rule file, or - for standard input.")
    var file: String

    @OptionGroup var moment: RulesMomentOptions

    @Flag(help: "Against the shadow of the set.")
    var shadow = false

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let report: RulesChangesReport
        do {
            report = try await compare(settings, logger: logger)
        } catch {
            let message = (error as? PostgresError).map { "the database: \(String(reflecting: $0))" } ?? "\(error)"
            printError("needrecord: \(message)")
            throw ExitCode(2)
        }
        switch output {
        case .text:
            for line in report.lines { print(line) }
            print(report.isEmpty ? "no difference" : report.summary)
        case .json:
            print(
                jsonText { writer in
                    report.write(to: &writer)
                    writer.member("revision", report.result.before)
                }
            )
        }
        if !report.isEmpty { throw ExitCode.failure }
    }

    private func compare(_ settings: Settings, logger: Logger) async throws -> RulesChangesReport {
        let file = try RulesFile(file)
        return try await RulesSession.run(settings, as: .reader, logger: logger) { store in
            let selection = RuleSelection(set: file.content.set, isShadow: shadow, moment: moment.moment)
            let (revision, rules) = try await store.list(selection)
            var result = RevisionResult(
                changes: RuleMatching(file.drafts, with: rules).changes(removing: true),
                before: revision,
                after: revision
            )
            // Templates have no revisions, and a shadow has none of its own.
            if moment.moment == nil, !shadow {
                let templates = try await store.templates(of: file.content.set)
                result.changesTemplates = Set(templates) != Set(file.templates ?? [])
            }
            return RulesChangesReport(result: result)
        }
    }
}
