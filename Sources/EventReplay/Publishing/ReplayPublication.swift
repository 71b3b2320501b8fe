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
    /// How long the records of events may lie here before they are sent.
    private static let recordPause: Duration = .milliseconds(200)

    private struct Stopped: Error {}

    private let run: ReplayRun
    private let isResumed: Bool
    private let topology: Topology
    private let amqp: AMQPConfiguration
    private let database: PostgresConfiguration
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let isStopping = NIOLockedValueBox(false)

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
        isStopping.withLockedValue { $0 = true }
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

    private func run(
        _ broker: AMQPConnection,
        _ connection: PostgresConnection,
        onProgress: (ReplayProgress) -> Void
    ) async throws -> ReplayReport {
        try await topology.declare(on: broker)
        let desk = ReplayDesk(rate: run.rate, capacity: Self.capacity, patience: topology.answerBudget)
        let line = try await ReplayLine(run, desk: desk, topology: topology, on: broker, now: now)
        let records = try await ReplayRecords(run, topology: topology, on: broker, now: now)
        // Nothing is replayed that the trail does not know of.
        try records.send([.replay(run)])
        try await records.settle()
        let done = isResumed ? try await ReplayHistory.decided(before: run, within: .seconds(30), on: connection) : []

        let alarm = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                desk.expire()
            }
        }
        defer { alarm.cancel() }
        let sitting = Sitting(run: run, records: records, report: ReplayReport(limit: limit), connection: connection)
        let reader = CandidateReader(
            selection: run.selection,
            topology: topology,
            broker: broker,
            database: connection,
            patience: .seconds(5)
        )
        do {
            let reading = try await reader.read { candidates in
                for candidate in candidates {
                    guard !done.contains(candidate.event.id) else {
                        sitting.progress.skipped += 1
                        continue
                    }
                    try await send(candidate, line, desk)
                    try await collect(from: desk, into: sitting, line, onProgress: onProgress)
                }
            }
            try await land(desk, sitting, line, onProgress: onProgress)
            sitting.report.unreadable = reading.unreadable
            sitting.report.streamBegins = reading.begins
            sitting.report.isComplete = reading.isComplete
        } catch is Stopped {
            sitting.report.isComplete = false
            try await land(desk, sitting, line, onProgress: onProgress)
        }
        try await sitting.flush()
        var ended = run
        ended.end = ReplayRun.End(
            at: now(),
            isComplete: sitting.report.isComplete && sitting.report.undecided.isEmpty
        )
        try records.send([.replay(ended)])
        try await records.settle()
        return sitting.report
    }

    private func send(_ candidate: ReplayCandidate, _ line: ReplayLine, _ desk: ReplayDesk) async throws {
        if isStopping.withLockedValue({ $0 }) { throw Stopped() }
        let passenger = ReplayDesk.Passenger(candidate: candidate, event: line.repetition(of: candidate.event))
        try await desk.takeOff(passenger)
        line.publish(passenger)
    }

    /// Sends again what the broker has refused, and takes note of what has come of events.
    private func collect(
        from desk: ReplayDesk,
        into sitting: Sitting,
        _ line: ReplayLine,
        onProgress: (ReplayProgress) -> Void
    ) async throws {
        var (results, refused) = desk.take()
        while !refused.isEmpty {
            for candidate in refused { try await send(candidate, line, desk) }
            let more = desk.take()
            results += more.results
            refused = more.refused
        }
        sitting.add(results)
        if sitting.isDue { try await sitting.flush() }
        if sitting.progressIsDue() { onProgress(sitting.progress) }
    }

    /// Waits for what is on its way.
    private func land(
        _ desk: ReplayDesk,
        _ sitting: Sitting,
        _ line: ReplayLine,
        onProgress: (ReplayProgress) -> Void
    ) async throws {
        try await desk.landing()
        do {
            try await collect(from: desk, into: sitting, line, onProgress: onProgress)
        } catch is Stopped {
            // What the broker has refused stays for the next sitting.
            sitting.report.isComplete = false
        }
        try await desk.landing()
        sitting.add(desk.take().results)
    }
}
