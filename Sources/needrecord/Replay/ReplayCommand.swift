import AMQP
import ArgumentParser
import BusinessState
import DecisionCore
import EventReplay
import Glibc
import Logging
import Postgres
import RuleFiles
import StreamReading
import UnixSignals
import Wire

struct ReplayCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Decide callbacks of the past again, and say what would be answered otherwise.",
        usage: """
            needrecord replay --from 1h
            needrecord replay --from 1d --rules rules.yaml --domain test.com
            needrecord replay --from 2h --to 1h --cause timeout --publish --reason "no worker was running"
            needrecord replay --resume 01a21730-edf9-7c41-9b0f-6a1d2e3f4a5b
            """,
        discussion: """
            Without --publish nothing is changed and no message is sent: each callback is decided at the clock of its \
            first decision, on the rules of now, of another revision, or of a file, and compared with what it was \
            answered. What a quota said then it says again; another quota is taken to have room.

            With --publish the events go through the work queue again, under ids of their own, marked as repetitions, \
            and workers decide them on the rules and the clock of now. Nobody is answered. Quotas are asked and not \
            charged, unless --charge-quotas is given. Who did it, what for, and what was decided of each event is in \
            the audit trail (needrecord audit replays). A replay that was stopped goes on with --resume.

            EXIT CODES
              0   done; without --publish also: everything is answered as before
              1   it could not be done, or not for all that was selected
              3   without --publish: something is answered otherwise
            """
    )

    /// Something is answered otherwise.
    private static let different = ExitCode(3)

    @OptionGroup(title: "Which callbacks") var selection: ReplaySelectionOptions

    @Option(help: "Decide on the rules as they stood at this revision.")
    var revision: Int64?

    @Option(help: ArgumentHelp("Decide on the rules as they stood at this time.", valueName: "time"))
    var asOf: String?

    @Option(help: ArgumentHelp("Decide on a rule file that is not yet published.", valueName: "file"))
    var rules: String?

    @Flag(help: "Send the events through the queue again.")
    var publish = false

    @Option(help: "What for; with --publish.")
    var reason: String?

    @Option(help: ArgumentHelp("Who does it; the login name otherwise.", valueName: "name"))
    var `operator`: String?

    @Option(help: ArgumentHelp("How many events to send at most; 200 otherwise.", valueName: "per second"))
    var rate: Int?

    @Flag(help: "Take reservations of quotas for the events, as for callbacks.")
    var chargeQuotas = false

    @Option(help: ArgumentHelp("Go on with this replay, with what it has not decided yet.", valueName: "id"))
    var resume: String?

    @Option(help: "How many differences to list.")
    var limit = 20

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    private var isPublishing: Bool { publish || resume != nil }

    func validate() throws {
        guard (0...1_000_000).contains(limit) else { throw ValidationError("--limit must be 0 to 1000000") }
        if let rate, !(1...100_000).contains(rate) { throw ValidationError("--rate must be 1 to 100000") }
        if let resume {
            guard EventID(resume) != nil else { throw ValidationError("--resume must be the id of a replay") }
            guard selection.isEmpty, !chargeQuotas else {
                throw ValidationError("--resume goes on with what was selected, and charges quotas if it did")
            }
        } else {
            guard !selection.isEmpty else {
                throw ValidationError("say which callbacks: --from, or --from-offset and --to-offset")
            }
        }
        if isPublishing {
            guard rules == nil, revision == nil, asOf == nil else {
                throw ValidationError("published events are decided on the rules of now")
            }
            guard resume != nil || reason != nil else {
                throw ValidationError("--publish wants a --reason, which is kept in the audit trail")
            }
        } else {
            guard reason == nil, self.operator == nil, rate == nil, !chargeQuotas else {
                throw ValidationError("--reason, --operator, --rate and --charge-quotas are for --publish")
            }
        }
        if let reason, !(1...ReplayRun.maximumReasonLength).contains(reason.utf8.count) {
            throw ValidationError("--reason must be 1 to \(ReplayRun.maximumReasonLength) bytes long")
        }
        if let name = self.operator, !(1...255).contains(name.utf8.count) {
            throw ValidationError("--operator must be 1 to 255 bytes long")
        }
        if let asOf, Timestamp(iso8601: asOf) == nil {
            throw ValidationError("--as-of must be \(Timestamp.iso8601Spelling)")
        }
        guard revision == nil || asOf == nil else { throw ValidationError("--revision and --as-of say the same") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        var database = settings.database(as: .reader)
        database.sessionSettings = FactsReader.sessionSettings
        var amqp = settings.amqp
        amqp.connectionName = "needrecord replay"
        do {
            if isPublishing {
                try await publish(settings.topology, amqp, database, logger)
            } else {
                try await compare(settings.topology, amqp, database, logger)
            }
        } catch let error as AMQPError {
            throw Failure("the broker: \(error)")
        } catch let error as StreamError {
            throw Failure(error.description)
        } catch let error as WireError {
            throw Failure("what the audit trail keeps cannot be read: \(error)")
        }
    }

    // MARK: - Without sending anything

    private func compare(
        _ topology: Topology,
        _ amqp: AMQPConfiguration,
        _ database: PostgresConfiguration,
        _ logger: Logger
    ) async throws {
        let selection = try selection.selection(now: CivilClock.now())
        let (rules, text) = try await replayRules(database, logger)
        var run = ReplayDryRun(topology: topology, amqp: amqp, database: database, logger: logger)
        run.limit = limit
        let report = try await run.run(selection, on: rules)
        let shown = ReplayText(selection: selection, rules: text, replay: nil, report: report)
        print(output == .json ? shown.json : shown.text)
        if !report.isWhole { throw ExitCode.failure }
        if report.different > 0 { throw Self.different }
    }

    private func replayRules(
        _ database: PostgresConfiguration,
        _ logger: Logger
    ) async throws -> (ReplayRules, text: String) {
        let file = try rules.map(RuleFile.init(readingFrom:))
        let connection = try await PostgresConnection.connect(database, logger: logger)
        do {
            let store = RuleStore(connection)
            let moment =
                revision.map(RuleMoment.revision) ?? asOf.flatMap(Timestamp.init(iso8601:)).map(RuleMoment.time)
            let number = try await store.revision(at: moment ?? .time(CivilClock.now()))
            var rules = ReplayRules(revision: number)
            var text = "revision \(number)"
            if let file {
                let stored = try await store.list(RuleSelection(set: file.set, moment: .revision(number))).rules
                let unknown = try await store.unknownTimeZones(
                    among: Set(file.entries.compactMap { $0.rule.schedule?.timeZone }).sorted()
                )
                guard unknown.isEmpty else {
                    throw Failure("the database knows no time zone \(unknown.joined(separator: ", "))")
                }
                rules.replacement = ReplayRules.Replacement(set: file.set, rules: file.rules(matching: stored))
                text += ", with \(self.rules ?? "") in the place of set \(file.set)"
            }
            await connection.close()
            return (rules, text)
        } catch {
            await connection.close()
            throw error
        }
    }

    // MARK: - Through the queue

    private func publish(
        _ topology: Topology,
        _ amqp: AMQPConfiguration,
        _ database: PostgresConfiguration,
        _ logger: Logger
    ) async throws {
        let run = try await replayRun(database, logger)
        let publication = ReplayPublication(
            run,
            isResumed: resume != nil,
            limit: limit,
            topology: topology,
            amqp: amqp,
            database: database,
            now: CivilClock.now,
            logger: logger
        )
        printError("replay \(run.replay), at most \(run.rate) events a second")
        let report: ReplayReport
        do {
            report = try await stoppable(publication)
        } catch {
            if publication.hasBegun { printHint(run) }
            if let error = error as? EventReplayError { throw Failure(error.description) }
            throw error
        }
        let shown = ReplayText(selection: run.selection, rules: nil, replay: run.replay, report: report)
        print(output == .json ? shown.json : shown.text)
        if !report.isComplete || !report.undecided.isEmpty { printHint(run) }
        guard report.isWhole, report.undecided.isEmpty else { throw ExitCode.failure }
    }

    private func printHint(_ run: ReplayRun) {
        printError("go on with: needrecord replay --resume \(run.replay)")
    }

    private func replayRun(_ database: PostgresConfiguration, _ logger: Logger) async throws -> ReplayRun {
        var ids = EventIDGenerator()
        var random = SystemRandomNumberGenerator()
        let now = CivilClock.now()
        let id = ids.next(now: now, using: &random)
        let name = self.operator ?? LoginName.current
        guard let resume = resume.flatMap(EventID.init) else {
            return ReplayRun(
                replay: id,
                id: ids.next(now: now, using: &random),
                startedAt: now,
                operatorName: name,
                reason: reason ?? "",
                selection: try selection.selection(now: now),
                rate: rate ?? 200,
                chargesQuotas: chargeQuotas
            )
        }
        let connection = try await PostgresConnection.connect(database, logger: logger)
        let history = try await ReplayHistory.read(resume, on: connection)
        await connection.close()
        guard let first = history?.first else { throw Failure("the audit trail knows no replay \(resume)") }
        return ReplayRun(
            replay: resume,
            id: id,
            startedAt: now,
            operatorName: name,
            reason: reason ?? first.reason,
            selection: first.selection,
            rate: rate ?? first.rate,
            chargesQuotas: first.chargesQuotas
        )
    }

    /// Replays until it is done, or until SIGINT or SIGTERM, after which what is on its way is waited for.
    private func stoppable(_ publication: ReplayPublication) async throws -> ReplayReport {
        let signals = Task {
            var isAgain = false
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                // Whoever asks twice does not want to wait.
                if isAgain {
                    LogStream.standardError.flush(within: .seconds(1))
                    Glibc.exit(1)
                }
                isAgain = true
                printError("stopping: waiting for the events that are on their way")
                publication.stop()
            }
        }
        defer { signals.cancel() }
        return try await publication.run { progress in
            let time = progress.at.map { ", at \($0)" } ?? ""
            printError("\(progress.replayed) replayed, \(progress.decided) decided\(time)")
        }
    }
}

extension ReplayReport {
    /// Whether all that was selected was there to be read, with its outcomes.
    var isWhole: Bool { isComplete && streamBegins == nil && auditorBehind == 0 }
}
