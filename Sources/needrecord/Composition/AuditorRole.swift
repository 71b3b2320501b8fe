import AMQP
import AuditTrail
import Logging
import Observability
import Postgres
import ServiceLifecycle
import Wire

/// An auditor with all that it needs, as services.
struct AuditorRole {
    let auditor: Auditor

    init(_ settings: Settings, metrics: MetricsRegistry, logger: Logger) {
        var database = settings.database(as: .auditor)
        database.applicationName = "needrecord auditor \(settings.auditor.name)"
        // What it changes in a transaction, workers that reserve wait for.
        database.idleInTransactionTimeout = .seconds(2)
        var amqp = settings.amqp
        amqp.connectionName = "needrecord auditor \(settings.auditor.name)"
        auditor = Auditor(
            configuration: settings.auditor,
            topology: settings.topology,
            amqp: amqp,
            database: database,
            now: CivilClock.now,
            metrics: metrics,
            logger: logger.labelled("auditor")
        )
    }

    /// In the order of their start.
    var services: [any Service] { [auditor] }
}
