import ArgumentParser
import BusinessState
import Logging

struct RulesRollbackCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Make the rules what they were at a revision or a time, in a revision of its own.",
        discussion: """
            Of one set, or with --all-sets of all: then bookings of a back end that were made since are gone too. \
            Rules come back under the ids that they had, so the older of two still is. Shadows are left alone. What \
            was rolled back from can be rolled back to.
            """
    )

    @OptionGroup var moment: RulesMomentOptions

    @OptionGroup var set: RulesSetOptions

    @Flag(help: "The rules of all sets.")
    var allSets = false

    @OptionGroup var change: RulesChangeOptions

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if moment.moment == nil { throw ValidationError("say to what: --revision or --at") }
        if (set.ruleSet != nil) == allSets { throw ValidationError("say of what: --rule-set or --all-sets") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        guard let moment = moment.moment else { return }
        let result = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.rollBack(to: moment, set: set.ruleSet, change.request)
        }
        RulesChangesReport(result: result).show(output, isTrial: change.dryRun)
    }
}
