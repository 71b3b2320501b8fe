import ArgumentParser
import AuditTrail

struct AuditPushesCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "pushes",
        abstract: "List the pushes, with all attempts of each."
    )

    @Flag(help: "Only those that were asked for more than once.")
    var repeated = false

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    var question: AuditQuestion {
        var question = options.question(.pushes)
        question.onlyRepeated = repeated
        return question
    }
}
