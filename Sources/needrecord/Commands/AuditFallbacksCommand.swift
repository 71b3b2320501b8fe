import ArgumentParser
import AuditTrail

struct AuditFallbacksCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "fallbacks",
        abstract: "Say how many callbacks were answered with the default, by gateway and minute."
    )

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        options.question(.fallbacks)
    }
}
