import ArgumentParser

struct QuotasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quotas",
        abstract: "Set, list and remove quotas, and show how full they are.",
        discussion: """
            A quota limits how many streams are recorded at the same time, how many minutes are recorded in a calendar \
            month, or both. A rule that names one records a stream only while there is room. What is counted together \
            is the scope of the quota: the streams of a domain, of an app of a domain, or all (group).
            """,
        subcommands: [
            QuotasSetCommand.self, QuotasListCommand.self, QuotasUsageCommand.self, QuotasRemoveCommand.self,
        ]
    )
}
