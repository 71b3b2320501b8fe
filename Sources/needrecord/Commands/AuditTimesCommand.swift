import ArgumentParser
import AuditTrail

struct AuditTimesCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "times",
        abstract: "Say how long answers took, and what took it, by gateway and minute."
    )

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        options.question(.times)
    }
}
