import AMQP
import BusinessState
import DecisionWorker
import Logging
import Observability
import Postgres
import ServiceLifecycle
import Wire

/// A worker with all that it needs, as services.
struct WorkerRole {
    let worker: DecisionWorker
    private let pool: PostgresPool

    init(_ settings: Settings, metrics: MetricsRegistry, tracer: OTLPTracer?, logger: Logger) throws {
        var database = settings.database(as: .worker)
        database.applicationName = "needrecord worker \(settings.worker.name)"
        // A connection that does not come in time is of no use to the batch that waits for it.
        database.connectTimeout = min(database.connectTimeout, settings.topology.answerBudget)
        database.timeoutGrace = .milliseconds(100)
        database.sessionSettings = FactsReader.sessionSettings
        pool = try PostgresPool(
            configuration: database,
            size: settings.databaseConnections,
            logger: logger.labelled("database")
        )
        var amqp = settings.amqp
        amqp.connectionName = "needrecord worker \(settings.worker.name)"
        worker = DecisionWorker(
            configuration: settings.worker,
            topology: settings.topology,
            amqp: amqp,
            database: pool,
            now: CivilClock.now,
            metrics: metrics,
            tracer: tracer,
            logger: logger.labelled("worker")
        )
    }

    /// In the order of their start: the pool is closed when the worker has stopped.
    var services: [any Service] { [PoolService(pool: pool), worker] }
}

/// Closes a pool when its users have stopped.
private struct PoolService: Service {
    let pool: PostgresPool

    func run() async throws {
        // Throws when the task is cancelled instead, and the pool is closed all the same.
        try? await gracefulShutdown()
        await pool.close()
    }
}
