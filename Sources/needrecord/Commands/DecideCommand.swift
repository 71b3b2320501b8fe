import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Postgres
import RuleFiles

struct DecideCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "decide",
        abstract: "Say what would be answered for a callback, and why, without HTTP or RabbitMQ.",
        usage: """
            needrecord decide --domain test.com --app test123 --stream teststream --explain
            needrecord decide --domain test.com --app test123 --stream s --at 2026-12-24T20:00+08:00 --rules rules.yaml
            """,
        discussion: """
            Nothing is changed, and no quota is charged: it is asked what it would say. With --rules the rules of the \
            file stand in the place of those of its set, as they would once it is published.
            """
    )

    @Option(help: "The play domain.")
    var domain: String

    @Option(help: "The application.")
    var app: String

    @Option(help: "The stream name.")
    var stream: String

    @Option(help: ArgumentHelp("The video bit rate.", valueName: "kbit/s"))
    var vbitrate: Int?

    @Option(help: "h264 or h265.")
    var codec = "h264"

    @Option(help: ArgumentHelp("Decide as at this time; the clock is now otherwise.", valueName: "time"))
    var at: String?

    @Option(help: "Decide on the rules as they stood at this revision.")
    var revision: Int64?

    @Option(help: ArgumentHelp("Decide on the rules as they stood at this time.", valueName: "time"))
    var asOf: String?

    @Option(help: ArgumentHelp("A rule file that is not yet published.", valueName: "file"))
    var rules: String?

    @Flag(help: "Name every rule that was looked at with what was compared, and the facts.")
    var explain = false

    @Option(help: "text or json; json always has everything.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        for (name, flag) in [(domain, "--domain"), (app, "--app"), (stream, "--stream")] {
            guard (1...NamePattern.maximumLength).contains(name.utf8.count) else {
                throw ValidationError("\(flag) must be 1 to \(NamePattern.maximumLength) bytes long")
            }
        }
        guard VideoCodec(rawValue: codec) != nil else { throw ValidationError("--codec must be h264 or h265") }
        if let vbitrate, !BitrateRange.limits.contains(vbitrate) {
            throw ValidationError("--vbitrate must be 0 to \(BitrateRange.limits.upperBound)")
        }
        for (time, flag) in [(at, "--at"), (asOf, "--as-of")] {
            guard let time, Timestamp(iso8601: time) == nil else { continue }
            throw ValidationError("\(flag) must be \(Timestamp.iso8601Spelling)")
        }
        guard revision == nil || asOf == nil else { throw ValidationError("--revision and --as-of say the same") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let file = try rules.map(RuleFile.init(readingFrom:))
        var database = settings.database(as: .reader)
        database.sessionSettings = FactsReader.sessionSettings
        let connection = try await PostgresConnection.connect(database, logger: logger)
        let explanation = try await explanation(file, connection)
        await connection.close()
        switch output {
        case .text: print(explain ? explanation.text : explanation.shortText)
        case .json: print(explanation.json)
        }
    }

    private func explanation(_ file: RuleFile?, _ connection: PostgresConnection) async throws -> Explanation {
        let now = at.flatMap(Timestamp.init(iso8601:)) ?? CivilClock.now()
        let event = event(now)
        let store = RuleStore(connection)
        let moment = revision.map(RuleMoment.revision) ?? asOf.flatMap(Timestamp.init(iso8601:)).map(RuleMoment.time)
        var then: Int64?
        if let moment { then = try await store.revision(at: moment) }
        var facts = try await FactsReader(asOf: then)
            .facts(for: [event], on: connection, now: now, timeout: .seconds(30))[0].live
        if let file {
            let stored = try await store.list(RuleSelection(set: file.set, moment: moment)).rules
            facts.rules.removeAll { $0.set == file.set }
            facts.rules += file.rules(matching: stored)
            try await addUTCOffsets(to: &facts, now: now, connection)
        }
        if let winner = winningRule(for: event, facts, now: now), let quota = winner.quota {
            let ask = ReservationAsk(event: event, rule: winner.id, quota: quota)
            facts.reservation = try await QuotaDesk()
                .standing([ask], on: connection, now: now, timeout: .seconds(30)).first
        }
        return Explanation(
            event: event,
            facts: facts,
            decision: decide(event, facts, now: now),
            revision: try await store.revisions([facts.revision]).first,
            file: file == nil ? nil : rules
        )
    }

    private func event(_ now: Timestamp) -> StreamEvent {
        var ids = EventIDGenerator()
        var random = SystemRandomNumberGenerator()
        return StreamEvent(
            id: ids.next(now: now, using: &random),
            receivedAt: now,
            domain: domain,
            app: app,
            stream: stream,
            bitrate: vbitrate,
            codec: VideoCodec(rawValue: codec)
        )
    }

    private func addUTCOffsets(to facts: inout Facts, now: Timestamp, _ connection: PostgresConnection) async throws {
        let timeZones = Set(facts.rules.compactMap { $0.schedule?.timeZone }).sorted()
        let unknown = try await RuleStore(connection).unknownTimeZones(among: timeZones)
        guard unknown.isEmpty else {
            throw Failure("the database knows no time zone \(unknown.joined(separator: ", "))")
        }
        facts.utcOffsets = try await FactsReader.utcOffsets(of: timeZones, on: connection, now: now)
    }
}
