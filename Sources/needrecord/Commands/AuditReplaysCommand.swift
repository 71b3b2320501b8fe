import ArgumentParser
import AuditTrail
import DecisionCore

struct AuditReplaysCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "replays",
        abstract: "Say who sent which events through the queue again; with --replay, what was decided of each.",
        discussion: "Without --since and --replay it is about the last hour."
    )

    @Option(
        help: ArgumentHelp("The events of this replay, beside what their callbacks were answered.", valueName: "id")
    )
    var replay: String?

    @Flag(help: "Only the events that are answered otherwise; with --replay.")
    var different = false

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if let replay, EventID(replay) == nil { throw ValidationError("--replay must be the id of a replay") }
        if different, replay == nil { throw ValidationError("--different needs --replay") }
    }

    var question: AuditQuestion {
        guard let replay = replay.flatMap(EventID.init) else { return options.question(.replays) }
        var question = options.question(.replayResults)
        if options.since == nil { question.since = nil }
        question.replay = replay
        question.onlyDifferent = different
        return question
    }
}
