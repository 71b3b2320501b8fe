public import AMQP
public import DecisionCore
public import Logging
internal import NIOConcurrencyHelpers
public import Postgres
public import Wire

/// Sends callbacks through the work queue again, marked as repetitions: workers decide them on the rules and the clock of
/// now, nobody is answered, and the audit trail is told who did it, what for, and what came of each.
public final class ReplayPublication: Sendable {
    /// How many events are in the queue or with workers at once, at most: callbacks come first.
    static let capacity = 64
    /// How many callbacks are read ahead: the broker ends a consumer that takes half an hour to acknowledge one, and at
    /// one event a second these are some minutes.
    private static let prefetch: UInt16 = 256

    private struct Stopped: Error {}

    private struct State: Sendable {
        var isStopping = false
        var hasBegun = false
    }

    private let run: ReplayRun
    private let isResumed: Bool
    private let topology: Topology
    private let amqp: AMQPConfiguration
    private let database: PostgresConfiguration
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    /// How many differences are listed at most.
    public let limit: Int

    /// - Parameters:
    ///   - run: Who replays what, and what for.
    ///   - isResumed: Whether the replay has had a sitting before.
    ///   - limit: How many differences are listed at most.
    ///   - topology: Which queue and streams.
    ///   - amqp: How to reach the broker.
    ///   - database: How to reach the database, as a role that may read the audit trail, with
    ///     `FactsReader.sessionSettings`.
    ///   - now: The civil clock.
    ///   - logger: Takes what goes wrong.
    public init(
        _ run: ReplayRun,
        isResumed: Bool,
        limit: Int,
        topology: Topology,
        amqp: AMQPConfiguration,
        database: PostgresConfiguration,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.run = run
        self.isResumed = isResumed
        self.limit = limit
        self.topology = topology
        self.amqp = amqp
        self.database = database
        self.now = now
        self.logger = logger
    }

    /// Sends no more events; those that are on their way are waited for.
    public func stop() {
        state.withLockedValue { $0.isStopping = true }
    }

    /// Replays.
    ///
    /// - Parameter onProgress: Called from time to time.
    /// - Returns: What was decided, beside what was answered. When ``stop()`` was called, it is not complete.
    /// - Throws: ``EventReplayError``, `AMQPError`, `StreamError`, `PostgresError` or `WireError`. What was replayed until
    ///   then is in the audit trail, but for the last moment, and the replay can go on.
    public func run(onProgress: (ReplayProgress) -> Void) async throws -> ReplayReport {
        let broker = try await AMQPConnection.connect(amqp, logger: logger)
        do {
            let connection = try await PostgresConnection.connect(database, logger: logger)
            do {
                let report = try await run(broker, connection, onProgress: onProgress)
                await connection.close()
                await broker.close()
                return report
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            await broker.close()
            throw error
        }
    }

    /// Whether the audit trail knows of it, so that it can go on after a failure.
    public var hasBegun: Bool { state.withLockedValue { $0.hasBegun } }

    private func run(
        _ broker: AMQPConnection,
        _ connection: PostgresConnection,
        onProgress: (ReplayProgress) -> Void
    ) async throws -> ReplayReport {
        try await topology.declare(on: broker)
        try await AuditorPlace.require(topology, broker, connection)
        let desk = ReplayDesk(rate: run.rate, capacity: Self.capacity, patience: topology.answerBudget)
        let line = try await ReplayLine(run, desk: desk, topology: topology, on: broker, now: now)
        let records = try await ReplayRecords(run, topology: topology, on: broker, now: now)
        // Nothing is replayed that the trail does not know of.
        try records.send([.replay(run)])
        try await records.settle()
        state.withLockedValue { $0.hasBegun = true }
        let alarm = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                desk.expire()
            }
        }
        defer { alarm.cancel() }
        let sitting = Sitting(run: run, records: records, report: ReplayReport(limit: limit), connection: connection)
        do {
            try await replay(from: broker, connection, sitting, line, desk, onProgress: onProgress)
            try await sitting.flush()
            try await end(sitting, records)
            return sitting.report
        } catch {
            sitting.report.isComplete = false
            // Whatever it is, what is on its way is waited for, and the trail is told of all that is known.
            await desk.landed()
            sitting.take(from: desk)
            guard error is Stopped else {
                // The database may be what has failed.
                try? sitting.tell()
                try? await end(sitting, records)
                throw error
            }
            try await sitting.flush()
            try await end(sitting, records)
            return sitting.report
        }
    }

    /// Sends all that is selected and not yet decided.
    private func replay(
        from broker: AMQPConnection,
        _ connection: PostgresConnection,
        _ sitting: Sitting,
        _ line: ReplayLine,
        _ desk: ReplayDesk,
        onProgress: (ReplayProgress) -> Void
    ) async throws {
        let done: Set<EventID> =
            isResumed
            ? try await ReplayHistory.decided(before: run, within: .seconds(30), on: connection, orEnd: endIfStopping)
            : []
        let reader = CandidateReader(
            selection: run.selection,
            topology: topology,
            broker: broker,
            database: connection,
            patience: .seconds(5),
            prefetch: Self.prefetch
        )
        let reading = try await reader.read(onReading: {
            // Called although nothing may be selected of what was read.
            try endIfStopping()
            try await collect(from: desk, into: sitting, line, onProgress: onProgress)
        }) { candidates in
            for candidate in candidates {
                guard !done.contains(candidate.event.id) else {
                    sitting.progress.skipped += 1
                    continue
                }
                try await send(candidate, line, desk)
                try await collect(from: desk, into: sitting, line, onProgress: onProgress)
            }
        }
        // The last ones may be refused again and again.
        repeat {
            try await desk.landing()
            try await collect(from: desk, into: sitting, line, onProgress: onProgress)
        } while !desk.isCleared
        sitting.report.unreadable = reading.unreadable
        sitting.report.streamBegins = reading.begins
        sitting.report.isComplete = reading.isComplete
    }

    /// Tells the trail that this sitting is over.
    private func end(_ sitting: Sitting, _ records: ReplayRecords) async throws {
        // An end that is there says that all before it is.
        try await records.settle()
        var ended = run
        ended.end = ReplayRun.End(
            at: now(),
            isComplete: sitting.report.isComplete && sitting.report.undecided.isEmpty
        )
        try records.send([.replay(ended)])
        try await records.settle()
    }

    private func endIfStopping() throws {
        if state.withLockedValue({ $0.isStopping }) { throw Stopped() }
    }

    private func send(_ candidate: ReplayCandidate, _ line: ReplayLine, _ desk: ReplayDesk) async throws {
        try endIfStopping()
        let passenger = ReplayDesk.Passenger(candidate: candidate, event: line.repetition(of: candidate.event))
        try await desk.takeOff(passenger)
        line.publish(passenger)
    }

    /// Takes note of what has come of events, and sends again what the broker has refused.
    private func collect(
        from desk: ReplayDesk,
        into sitting: Sitting,
        _ line: ReplayLine,
        onProgress: (ReplayProgress) -> Void
    ) async throws {
        sitting.take(from: desk)
        while let candidate = sitting.nextRefused() {
            try await send(candidate, line, desk)
            sitting.take(from: desk)
        }
        if sitting.isDue { try await sitting.flush() }
        if sitting.progressIsDue() { onProgress(sitting.progress) }
    }
}
