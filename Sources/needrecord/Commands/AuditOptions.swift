import ArgumentParser
import AuditTrail
import DecisionCore

/// What all questions to the audit trail have.
struct AuditOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("From this long ago (5m, 1h, 2d), or from this time on; 1h otherwise.", valueName: "time")
    )
    var since: AuditTime?

    @Option(help: ArgumentHelp("Before this long ago, or before this time.", valueName: "time"))
    var until: AuditTime?

    @Option(help: "table, json (an object on each line) or csv.")
    var output = AuditFormat.table

    func validate() throws {
        let now = CivilClock.now()
        guard let since, let until else { return }
        guard since.moment(now) < until.moment(now) else { throw ValidationError("--since must be before --until") }
    }

    /// A question with these limits of time; an hour when nothing is said, counted back from `--until`.
    func question(_ view: AuditView) -> AuditQuestion {
        let now = CivilClock.now()
        var question = AuditQuestion(view)
        question.until = until?.moment(now)
        question.since = since?.moment(now) ?? (question.until ?? now).advanced(by: .seconds(-3_600))
        return question
    }
}

/// How the rows are printed.
enum AuditFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, csv
}
