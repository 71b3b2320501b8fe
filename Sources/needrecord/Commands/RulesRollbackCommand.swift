import ArgumentParser
import BusinessState
import Logging

struct RulesRollbackCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Make the rules what they were at a revision or a time, in a revision of its own.",
        discussion: """
            Rules come back under the ids that they had, so the older of two still is. Shadows are left alone. What \
            was rolled back from can be rolled back to.
            """
    )

    @OptionGroup var moment: RulesMomentOptions

    @OptionGroup var set: RulesSetOptions

    @OptionGroup var change: RulesChangeOptions

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if moment.moment == nil { throw ValidationError("say to what: --revision or --at") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        guard let moment = moment.moment else { return }
        let result = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.rollBack(to: moment, set: set.ruleSet, change.request)
        }
        RulesChangesReport(result: result).show(output, isTrial: change.dryRun)
    }
}
