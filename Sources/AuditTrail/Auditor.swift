public import AMQP
public import DecisionCore
public import Logging
public import Metrics
internal import NIOConcurrencyHelpers
public import Postgres
public import ServiceLifecycle
public import Wire

/// Brings what callbacks were answered, and what the platform tells of recordings and streams, from the outcomes stream
/// into the database, exactly once.
///
/// Of all auditors of a stream one leads: the one whose session with the database holds a lock. It reads the stream from
/// the place that the database has stored, takes what is there as one batch, and in one transaction writes the rows,
/// tells the quotas what has happened, in the order of the stream, and moves the place. Then it acknowledges the
/// batch, which a stream needs for nothing but to hand out more. Whatever fails ends the term: both connections are
/// dropped, the lock with them, and whoever leads next goes on from the stored place.
///
/// A message that was published twice is written once, because its id is the key of its row; a file that the platform
/// tells of several times is written once, because it is known by its content. A message that cannot be understood is put
/// into the dead queue, with the reason, before the place moves on; and so is one whose data the database refuses, which
/// is found out by writing its batch again message by message. After a failure it may be put there again; the header
/// `x-stream-offset` says that it is the same one.
public final class Auditor: Service {
    let configuration: AuditorConfiguration
    let topology: Topology
    let amqp: AMQPConfiguration
    let database: PostgresConfiguration
    let now: @Sendable () -> Timestamp
    let instruments: AuditorInstruments
    let logger: Logger
    let partitions = NIOLockedValueBox(OutcomePartitions())
    private let state: NIOLockedValueBox<State>

    struct State: Sendable {
        var counters = AuditorCounters()
        var standing = AuditorStanding.connecting
        var lag: ProjectionLag
        /// The offset that this auditor has come to, in the term that it leads in.
        var place: Int64 = 0
    }

    /// An auditor that has not begun.
    ///
    /// - Parameters:
    ///   - configuration: Its settings.
    ///   - topology: The streams and queues, which it declares.
    ///   - amqp: How to reach the broker.
    ///   - database: How to reach the database, as a role that may write the audit trail. The session is a leader's own:
    ///     a pooler that hands sessions around must not be in between.
    ///   - now: The civil clock.
    ///   - metrics: Takes how long writing takes.
    ///   - logger: Takes what goes wrong.
    public init(
        configuration: AuditorConfiguration,
        topology: Topology,
        amqp: AMQPConfiguration,
        database: PostgresConfiguration,
        now: @escaping @Sendable () -> Timestamp,
        metrics: any MetricsFactory = MetricsSystem.factory,
        logger: Logger
    ) {
        self.configuration = configuration
        self.topology = topology
        self.amqp = amqp
        var database = database
        database.sessionSettings.merge(
            ProjectionStore.sessionSettings(patience: configuration.sessionPatience)
        ) { given, _ in given }
        self.database = database
        self.now = now
        instruments = AuditorInstruments(factory: metrics)
        self.logger = logger
        state = NIOLockedValueBox(State(lag: ProjectionLag(since: now())))
    }

    /// What it has done so far.
    public var counters: AuditorCounters { state.withLockedValue { $0.counters } }

    /// What it is doing.
    public var standing: AuditorStanding { state.withLockedValue { $0.standing } }

    /// How far the database is behind the stream, as far as this auditor knows: the age of the oldest notice that it has
    /// been handed and that is not written. Zero when nothing waits, however long ago the last notice came; for a second
    /// after each batch, how old the newest notice of it was when it was written. From the loss of the database or the
    /// broker until the stream is read again it is the time since the loss, and before it was ever read the time since
    /// the start. Nil for an auditor that stands by, because another one leads.
    public var lag: Duration? { state.withLockedValue { $0.lag.duration(now: now()) } }

    /// Audits until a graceful shutdown, which finishes the batch that is being written, or until the task is cancelled.
    public func run() async {
        var backoff = Backoff()
        var attempt = Int.random(in: 0..<max(1, amqp.endpoints.count))
        while !isToStop {
            let start = ContinuousClock.now
            do {
                try await serve(attempt: attempt)
            } catch {
                termEnded(error)
            }
            attempt += 1
            // A server that accepts and soon closes must not be asked ten times a second.
            if start.duration(to: .now) > .seconds(5) { backoff.succeeded() }
            let pause = backoff.failed(random: .random(in: 0...1))
            // Whatever ends the sleep is seen by the loop.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
        change { $0.standing = .stopped }
    }

    var place: Int64 { state.withLockedValue { $0.place } }

    private var isToStop: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    private func termEnded(_ error: any Error) {
        let now = now()
        // What a stop interrupts is no failure.
        let isFailure = !isToStop
        change { state in
            state.standing = .connecting
            state.lag.ended(now: now)
            if isFailure { state.counters.interruptions += 1 }
        }
        logger.log(level: isFailure ? .error : .debug, "does not lead", metadata: metadata(of: error))
    }

    private func metadata(of error: any Error) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["error": "\(error)"]
        if let error = error as? PostgresError, error.code == .roleRefused, let role = database.role {
            metadata["role"] = "\(role)"
        }
        return metadata
    }

    func change(_ change: (inout State) -> Void) {
        state.withLockedValue(change)
    }
}
