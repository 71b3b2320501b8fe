import ArgumentParser
import AuditTrail

struct AuditUnwantedFilesCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "unwanted-files",
        abstract: "List the files of what was not to be recorded."
    )

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        options.question(.unwantedFiles)
    }
}
