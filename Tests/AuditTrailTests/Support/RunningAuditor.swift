import AMQP
import AuditTrail
import Logging
import Postgres
import ServiceLifecycle
import TestSupport
import Wire

/// An auditor at work on a stage.
struct RunningAuditor: Sendable {
    let auditor: Auditor
    /// What the broker knows its connection by.
    let connectionName: String
    /// What the database knows its session by.
    let applicationName: String
    let group: ServiceGroup

    init(
        _ name: String,
        _ stage: AuditorStage,
        role: String,
        logger: Logger,
        _ configure: (inout AuditorConfiguration) -> Void
    ) throws {
        var configuration = AuditorConfiguration()
        configuration.name = name
        configuration.pulse = .milliseconds(50)
        // The examples are some years old.
        configuration.retentionDays = 3_650
        configure(&configuration)
        var amqp = try ProductBroker.configuration()
        amqp.connectionName = "\(name)-\(stage.topology.namespace)"
        connectionName = amqp.connectionName
        var database = try stage.database.configuration(role: role)
        database.applicationName = name
        applicationName = name
        // Tests make it wait for locks.
        database.lockTimeout = .seconds(30)
        auditor = Auditor(
            configuration: configuration,
            topology: stage.topology,
            amqp: amqp,
            database: database,
            now: { .now() },
            logger: logger
        )
        group = ServiceGroup(services: [auditor], logger: ProductDatabase.logger)
    }

    /// Waits until it leads.
    func toLead() async throws {
        try await eventually("\(applicationName) to lead") { auditor.standing == .leading }
    }

    /// Tells it to stop, as SIGTERM does, and waits until it has.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await eventually("\(applicationName) to stop") { auditor.standing == .stopped }
    }
}
