import AMQP
import ArgumentParser
import AuditTrail
import DecisionCore
import Logging
import StreamReading
import Wire

struct VerifyCommand: Command {
    /// What is younger may be on its way.
    private static let settled: Duration = .seconds(120)

    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that every answered callback has its outcome in the audit trail.",
        discussion: """
            Compares the callbacks in their stream with the outcomes in the database, and both with what the gateways \
            have counted. A callback is in the window when its event id was made from --from on and before --to.

            missing, unexpected, unbalanced, unkept and duplicate must not be. unanswered are callbacks whose gateway \
            was killed before it answered; uncopied are outcomes whose callback is not in the stream, which the broker \
            does for about a second after it was restarted.

            Of some it cannot be told: silent are callbacks of a gateway that was killed and not heard of again under \
            its name (gateway.name), whose journal may have what it answered. recent are callbacks of the last two \
            minutes, whose outcomes may be on their way.

            EXIT CODES
              0   it adds up
              1   it could not be compared
              3   it does not add up
              4   it adds up, but for callbacks of which it cannot be told yet
            """
    )

    /// Something does not add up.
    private static let different = ExitCode(3)
    /// Nothing is wrong as far as it can be told, and that is not all the way.
    private static let open = ExitCode(4)

    @Option(help: ArgumentHelp("The first moment, such as 2026-11-26T09:00:00Z, or 1h ago.", valueName: "time"))
    var from: AuditTime?

    @Option(
        help: ArgumentHelp(
            "The moment after the last; the end of the running minute at the latest, two minutes ago unless given.",
            valueName: "time"
        )
    )
    var to: AuditTime?

    @Option(help: "How many of each kind of finding to list.")
    var limit = 20

    @Option(
        help: ArgumentHelp(
            "How long nothing may come from a stream, and how long the auditor may take for what is there.",
            valueName: "duration"
        )
    )
    var patience = "5s"

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard let patience = Duration(text: patience), patience >= .milliseconds(100) else {
            throw ValidationError("--patience must be 100ms or more")
        }
        guard (0...100_000).contains(limit) else { throw ValidationError("--limit must be 0 to 100000") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        var amqp = settings.amqp
        amqp.connectionName = "needrecord verify"
        var verification = AuditVerification(
            topology: settings.topology,
            amqp: amqp,
            database: settings.database(as: .reader),
            logger: logger
        )
        verification.limit = limit
        verification.patience = Duration(text: patience) ?? verification.patience
        let report: AuditReport
        do {
            let now = CivilClock.now()
            report = try await verification.run(
                try window(now: now),
                settled: now.advanced(by: .zero - Self.settled)
            )
        } catch let error as AMQPError {
            throw Failure("the broker: \(error)")
        } catch let error as StreamError {
            throw Failure(error.description)
        } catch let error as AuditVerificationError {
            throw Failure(error.description)
        }
        switch output {
        case .text: print(report.text)
        case .json: print(report.json)
        }
        switch report.verdict {
        case .addsUp: break
        case .open: throw Self.open
        case .differs: throw Self.different
        }
    }

    /// Whole minutes unless they are given: what a gateway has counted is compared for whole minutes. So a window may end
    /// with the running one, which a gateway that was stopped has told of.
    private func window(now: Timestamp) throws -> CallbackWindow {
        let latest = now.minute.advanced(by: .seconds(60))
        let end = to?.moment(now) ?? now.advanced(by: .zero - Self.settled).minute
        guard end <= latest else {
            throw ValidationError("--to must be the end of the running minute at the latest, \(latest)")
        }
        let start = from?.moment(now) ?? end.advanced(by: .seconds(-3_600))
        guard start < end else { throw ValidationError("--from \(start) is not before --to \(end)") }
        return CallbackWindow(from: start, to: end)
    }
}

extension Timestamp {
    /// The beginning of its minute.
    fileprivate var minute: Timestamp {
        Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch - millisecondsSinceEpoch % 60_000)
    }
}
