import ArgumentParser
import AuditTrail

struct AuditRulesCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Say who changed which rule, from what to what."
    )

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        options.question(.ruleChanges)
    }
}
