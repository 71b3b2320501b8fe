import ArgumentParser
import AuditTrail
import DecisionCore
import Logging
import Postgres

struct AuditOutcomesCommand: AuditQuestionCommand {
    static let configuration = CommandConfiguration(
        commandName: "outcomes",
        abstract: "Say what callbacks were answered: the latest, or as they come in.",
        discussion: """
            --follow prints what came in in the last 30 seconds (or since --since), and then, each second, what is new, \
            until Ctrl-C. Outcomes of several gateways reach the trail out of order; each time the 30 seconds before \
            the latest one are read again, and each outcome is printed once. One that reaches the trail when a later \
            one by more than 30 seconds is there already, such as of a gateway that was cut off, is missed: ask \
            for its time without --follow.
            """
    )

    /// How long before the latest outcome those are still looked for that came in before it, in seconds.
    private static let overlap: Int64 = 30

    @Option(help: ArgumentHelp("The one with this event id.", valueName: "id"))
    var event: String?

    @Option(help: "The play domain.")
    var domain: String?

    @Option(help: "The application.")
    var app: String?

    @Option(help: "The stream name.")
    var stream: String?

    @Option(help: ArgumentHelp("The rule that won.", valueName: "id"))
    var rule: Int64?

    @Option(help: "decided, or a cause of the default, such as timeout.")
    var cause: String?

    @Flag(help: "Only those that a decision answered which was too late for an earlier callback.")
    var late = false

    @Option(help: "How many, the latest first.")
    var limit: Int?

    @Flag(help: "Go on with what comes in.")
    var follow = false

    @OptionGroup var options: AuditOptions
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if let event, EventID(event) == nil { throw ValidationError("--event must be an event id") }
        if let cause, cause != "decided", FallbackCause(rawValue: cause) == nil {
            let causes = ["decided"] + FallbackCause.allCases.map(\.rawValue)
            throw ValidationError("--cause must be one of \(causes.joined(separator: ", "))")
        }
        if let limit, !(1...1_000_000).contains(limit) { throw ValidationError("--limit must be 1 to 1000000") }
        if follow, limit != nil || event != nil || options.until != nil {
            throw ValidationError("--follow has no --event, --limit and --until")
        }
    }

    var question: AuditQuestion {
        var question = options.question(.outcomes)
        if let event {
            question.event = EventID(event)
            if options.since == nil { question.since = nil }
        }
        let texts: [(AuditQuestion.Column, String?)] = [
            (.domain, domain), (.app, app), (.stream, stream), (.cause, cause),
        ]
        question.matches = texts.compactMap { column, text in text.map { (column, $0) } }
        question.rule = rule
        question.onlyLate = late
        question.limit = limit ?? 100
        return question
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.auditTrail(settings, logger: logger)
        var printer = AuditPrinter(options.output)
        guard follow else {
            let rows = try await connection.query(
                question.query(asJSON: options.output == .json),
                timeout: .seconds(600)
            )
            await connection.close()
            return printer.print(rows, columns: rows.columns)
        }
        var question = question
        question.limit = nil
        question.since = nil
        let now = CivilClock.now()
        question.following = options.since?.moment(now) ?? now.advanced(by: .seconds(-Self.overlap))
        var seen: Set<String> = []
        while !Task.isCancelled {
            let rows = try await connection.query(
                question.query(asJSON: options.output == .json),
                timeout: .seconds(600)
            )
            let column = options.output == .json ? 0 : rows.columns.count - 1
            printer.print(rows.filter { !seen.contains($0[column] ?? "") }, columns: rows.columns)
            let ids = rows.compactMap { $0[column] }
            // Rows that are read again are among these; older ones are not read again.
            seen = Set(ids)
            if let latest = ids.compactMap(EventID.init).map(\.timestamp).max() {
                question.following = max(question.following ?? latest, latest.advanced(by: .seconds(-Self.overlap)))
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}
