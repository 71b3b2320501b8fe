import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Ask the audit trail what was answered, how well it works, and what became of it.",
        discussion: """
            Each question is a query that docs/audit.md shows. Without --since and --until they are about the last hour.
            """,
        subcommands: [
            AuditOutcomesCommand.self, AuditFallbacksCommand.self, AuditTimesCommand.self, AuditPushesCommand.self,
            AuditMissingFilesCommand.self, AuditUnwantedFilesCommand.self, AuditFormatsCommand.self,
            AuditRulesCommand.self, AuditBalanceCommand.self, AuditReplaysCommand.self,
        ]
    )
}
