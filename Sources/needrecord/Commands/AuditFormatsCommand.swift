import ArgumentParser
import AuditTrail

struct AuditFormatsCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "formats",
        abstract: "List the pushes whose files have other formats than were answered."
    )

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        options.question(.formatDifferences)
    }
}
