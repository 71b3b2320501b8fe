import AMQP
import ArgumentParser
import AuditTrail
import Logging
import StreamReading
import Wire

struct RebuildCommand: Command {
    /// How long the auditors' place may stand still.
    private static let patience: Duration = .seconds(60)

    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Have the auditors read the outcomes stream again, from its first message.",
        discussion: """
            For an audit trail that has lost rows. What is there stays as it is, and what is missing comes again, as far \
            back as the stream goes (topology.outcomesRetentionDays) and the audit trail is kept \
            (auditor.retentionDays). The running auditors do the work: the leading one notices within a second. Until it \
            is where it was, what comes in waits in the stream. Messages that could not be understood are put into the \
            dead queue once more.

            Quotas hear of a recording again only if its row was missing: docs/audit.md says what to do then. Acts as \
            needrecord_auditor.
            """
    )

    @Flag(help: "Wait until the auditors have read all that is there now, and show how far they are.")
    var wait = false

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        var amqp = settings.amqp
        amqp.connectionName = "needrecord rebuild"
        let rebuild = ProjectionRebuild(
            topology: settings.topology,
            amqp: amqp,
            database: settings.database(as: .auditor),
            logger: logger
        )
        let plan: ProjectionRebuild.Plan?
        do {
            plan = try await rebuild.begin()
        } catch let error as AMQPError {
            throw Failure("the broker: \(error)")
        } catch let error as StreamError {
            throw Failure(error.description)
        }
        guard let plan else {
            throw Failure("there is nothing to read again: the stream has no message, or no auditor has read any")
        }
        print("the auditors read \(settings.topology.outcomesStream) again, from \(plan.first) to \(plan.last)")
        if wait { try await waitForEnd(of: plan, rebuild) }
    }

    private func waitForEnd(of plan: ProjectionRebuild.Plan, _ rebuild: ProjectionRebuild) async throws {
        var reached = plan.first
        var deadline = ContinuousClock.now + Self.patience
        while reached <= plan.last {
            guard ContinuousClock.now < deadline else {
                throw Failure("the auditors' place stands still at \(reached): is one running?")
            }
            try await Task.sleep(for: .seconds(1))
            let place = try await rebuild.place()
            guard place > reached else { continue }
            reached = place
            deadline = .now + Self.patience
            print("read to \(reached - 1)")
        }
    }
}
