import ArgumentParser
import AuditTrail

struct AuditBalanceCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "balance",
        abstract: "List the minutes whose outcomes are not as many as the gateways have counted."
    )

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        options.question(.unbalancedMinutes)
    }
}
