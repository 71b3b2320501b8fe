import ArgumentParser

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Write, check, publish and look at rules.",
        discussion: """
            A rule demands a domain, an app and a stream, each by a name or a pattern (* any run of characters, ? any \
            one, \\ before them takes them literally), and maybe more: codec, bit rate, hours, a share of the streams. \
            It says record or skip. Of the rules that match, the one with the highest priority wins, then the narrowest \
            (a stream of an app, then an app, then a stream of any app, then a domain; a name before a pattern before \
            any), then skip before record, then the oldest. Where no rule matches, nothing is recorded.

            Rules belong to sets. A rule file in YAML holds one set, and `rules publish` makes the set what the file \
            says; a back end that writes its own rules with SQL uses a set of its own. Every change is a revision that \
            can be looked at and rolled back to.
            """,
        subcommands: [
            RulesAddCommand.self, RulesListCommand.self, RulesRemoveCommand.self, RulesEnableCommand.self,
            RulesDisableCommand.self, RulesExportCommand.self, RulesCheckCommand.self, RulesDiffCommand.self,
            RulesPublishCommand.self, RulesImportCommand.self, RulesHistoryCommand.self, RulesRollbackCommand.self,
            RulesShadowCommand.self,
        ]
    )
}
