import ArgumentParser
import AuditTrail
import BusinessState
import CallbackGateway
import DecisionCore
import Logging
import Postgres
import Wire

struct ExplainCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Make the decision about a callback again, from the audit trail, and say whether it is the same.",
        usage: "needrecord explain 01a21730-edf9-7c41-9b0f-6a1d2e3f4a5b",
        discussion: """
            The rules are those of the revision that was decided on; the clock, the time zones and what the quota said \
            are kept with the decision. Exit code 0: identical. 1: not identical, or it cannot be said.
            """
    )

    @Argument(help: "The event id, as in the answer's header X-NeedRecord-Event.")
    var eventID: String

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard EventID(eventID) != nil else { throw ValidationError("\(eventID) is no event id") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        guard let id = EventID(eventID) else { return }
        var database = settings.database(as: .reader)
        database.sessionSettings = FactsReader.sessionSettings
        let connection = try await PostgresConnection.connect(database, logger: logger)
        let outcome: ExplainedOutcome
        do {
            guard let found = try await ExplainedOutcome.read(id, on: connection) else {
                throw Failure("there is no outcome of the event \(id)")
            }
            outcome = found
        } catch let error as WireError {
            throw Failure("the stored decision cannot be read: \(error)")
        }
        guard outcome.cause == "decided", let stored = outcome.decision else {
            let late = outcome.decision.map { ", and this decision came too late: \($0.jsonText)" }
            throw Failure("answered with the default (\(outcome.cause)): there is no decision in time\(late ?? "")")
        }
        _ = try await RuleStore(connection).revision(at: .revision(stored.revision))
        let rules = try await FactsReader(asOf: stored.revision).facts(
            for: [outcome.event],
            on: connection,
            now: stored.decidedAt,
            timeout: .seconds(30)
        )[0].live.rules
        let facts = stored.facts(rules: rules)
        let again = decide(outcome.event, facts, now: stored.decidedAt)
        let revision = try await RuleStore(connection).revisions([stored.revision]).first
        await connection.close()

        let explanation = Explanation(
            event: outcome.event,
            facts: facts,
            decision: again,
            revision: revision,
            file: nil
        )
        var differences = stored.differences(from: again)
        if String(decoding: Answer.body(for: again.verdict), as: UTF8.self) != outcome.answer {
            differences.append("answer")
        }
        // Whatever members there are: identical is what is equal.
        let isIdentical = stored == again && differences.isEmpty
        switch output {
        case .text:
            print(explanation.text)
            if let first = outcome.lateOf {
                print("decided for the callback \(first), too late for it; this one asks the same")
            }
            print(isIdentical ? "identical to what was decided" : "NOT identical to what was decided")
            if !isIdentical { print(differenceText(differences, outcome, stored, again)) }
        case .json:
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("identical", isIdentical)
                writer.member("differences", array: { for name in differences { $0.element(name) } })
                writer.member("stored_answer", outcome.answer)
                if let first = outcome.lateOf { writer.member("late_of", first.description) }
                writer.member("stored", object: { $0.members(of: stored) })
                writer.member("again", object: { $0.members(of: again) })
            }
            // The explanation is an object already.
            print(String(decoding: writer.bytes.dropLast(), as: UTF8.self) + ",\"explanation\":\(explanation.json)}")
        }
        if !isIdentical { throw ExitCode.failure }
    }

    private func differenceText(
        _ differences: [String],
        _ outcome: ExplainedOutcome,
        _ stored: Decision,
        _ again: Decision
    ) -> String {
        TextTable.aligned([
            ("differs", differences.joined(separator: ", ")), ("answered", outcome.answer),
            ("stored", stored.jsonText), ("again", again.jsonText),
        ])
    }
}

extension Decision {
    fileprivate var jsonText: String {
        var writer = JSONWriter()
        writer.object { $0.members(of: self) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The parts that another decision has otherwise.
    fileprivate func differences(from other: Decision) -> [String] {
        let parts = [
            ("verdict", verdict == other.verdict), ("reason", reason == other.reason),
            ("losing_rules", losingRules == other.losingRules),
            ("omitted_losing_rules", omittedLosingRules == other.omittedLosingRules),
            ("revision", revision == other.revision), ("utc_offsets", utcOffsets == other.utcOffsets),
            ("reservation", reservation == other.reservation), ("decided_at", decidedAt == other.decidedAt),
        ]
        return parts.filter { !$0.1 }.map(\.0)
    }
}
