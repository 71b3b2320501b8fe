import ArgumentParser
import AuditTrail

struct AuditMissingFilesCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "missing-files",
        abstract: "List the pushes that were to be recorded, and no file has come of."
    )

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        options.question(.missingFiles)
    }
}
