import ArgumentParser

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Add, list and remove rules.",
        discussion: """
            A rule names a domain, an app and a stream, each exactly or as * for any, and says record or skip. Of the \
            rules that match, the one with the highest priority wins, then the narrowest (a stream of an app, then an \
            app, then a stream of any app, then a domain), then skip before record, then the oldest. Where no rule \
            matches, nothing is recorded.
            """,
        subcommands: [RulesAddCommand.self, RulesListCommand.self, RulesRemoveCommand.self]
    )
}
