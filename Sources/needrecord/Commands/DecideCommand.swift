import ArgumentParser
import BusinessState
import CallbackGateway
import DecisionCore
import Logging
import Postgres
import Wire

struct DecideCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "decide",
        abstract: "Say what would be answered for a callback, and why, without HTTP or RabbitMQ.",
        usage: "needrecord decide --domain test.com --app test123 --stream teststream"
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

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        for (name, flag) in [(domain, "--domain"), (app, "--app"), (stream, "--stream")] {
            guard (1...NamePattern.maximumLength).contains(name.utf8.count) else {
                throw ValidationError("\(flag) must be 1 to \(NamePattern.maximumLength) bytes long")
            }
        }
        guard VideoCodec(rawValue: codec) != nil else { throw ValidationError("--codec must be h264 or h265") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let now = CivilClock.now()
        var ids = EventIDGenerator()
        var random = SystemRandomNumberGenerator()
        let event = StreamEvent(
            id: ids.next(now: now, using: &random),
            receivedAt: now,
            domain: domain,
            app: app,
            stream: stream,
            bitrate: vbitrate,
            codec: VideoCodec(rawValue: codec)
        )
        let connection = try await PostgresConnection.connect(settings.database(as: .reader), logger: logger)
        let facts = try await FactsReader().facts(for: [event], on: connection, timeout: .seconds(30))[0]
        await connection.close()
        let explanation = Explanation(decision: DecisionCore.decide(event, facts, now: now), facts: facts)
        switch output {
        case .text: print(explanation.text)
        case .json: print(explanation.json)
        }
    }
}

/// A decision as a person, or a program, reads it.
private struct Explanation {
    let decision: Decision
    let facts: Facts

    private var answer: String {
        String(decoding: Answer.body(for: decision.verdict), as: UTF8.self)
    }

    private func describe(_ id: Rule.ID) -> String {
        guard let rule = facts.rules.first(where: { $0.id == id }) else { return "rule \(id.rawValue)" }
        return "rule \(id.rawValue) (\(rule.domain.text) / \(rule.app.text) / \(rule.stream.text): \(rule.effect.text))"
    }

    var text: String {
        var lines = ["answer    \(answer)"]
        switch decision.reason {
        case .rule(let id): lines.append("reason    \(describe(id))")
        case .noRuleMatches: lines.append("reason    no rule matches, and the default is not to record")
        }
        for loser in decision.losingRules {
            lines.append("lost      \(describe(loser.id)): \(loser.reason.text)")
        }
        lines.append("revision  \(decision.revision)")
        lines.append("clock     \(decision.decidedAt)")
        return lines.joined(separator: "\n")
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("answer", answer)
            switch decision.verdict {
            case .skip: writer.member("verdict", "skip")
            case .record(let plan):
                writer.member("verdict", "record")
                writer.members(of: plan)
            }
            switch decision.reason {
            case .rule(let id):
                writer.member("reason", "rule")
                writer.member("rule", id.rawValue)
            case .noRuleMatches:
                writer.member("reason", "no_rule_matches")
            }
            writer.member("losing_rules", array: { for loser in decision.losingRules { $0.element(loser) } })
            writer.member("revision", decision.revision)
            writer.member("decided_at", decision.decidedAt.description)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Decision.LosingRule.Reason {
    fileprivate var text: String {
        switch self {
        case .unmet(let condition): "another \(condition.rawValue)"
        case .preceded(.priority): "lower priority"
        case .preceded(.specificity): "wider"
        case .preceded(.skipBeforeRecord): "skip comes before record"
        case .preceded(.age): "newer"
        }
    }
}
