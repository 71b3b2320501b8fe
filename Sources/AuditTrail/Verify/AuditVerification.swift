public import AMQP
public import DecisionCore
public import Logging
public import Postgres
public import StreamReading
public import Wire

/// Reads the callbacks of a window from their stream, and compares them with the audit trail.
public struct AuditVerification: Sendable {
    private let topology: Topology
    private let amqp: AMQPConfiguration
    private let database: PostgresConfiguration
    private let logger: Logger

    /// How many findings of each kind are listed.
    public var limit = 20
    /// How long nothing may come from a stream, and how long the auditor may take for what is there.
    public var patience: Duration = .seconds(5)

    /// - Parameters:
    ///   - topology: Which streams.
    ///   - amqp: How to reach the broker.
    ///   - database: How to reach the database, as a role that may read the audit trail.
    ///   - logger: Takes what goes wrong.
    public init(topology: Topology, amqp: AMQPConfiguration, database: PostgresConfiguration, logger: Logger) {
        self.topology = topology
        self.amqp = amqp
        self.database = database
        self.logger = logger
    }

    /// Compares.
    ///
    /// - Parameters:
    ///   - window: What.
    ///   - settled: What came in before it has its outcome, unless something is wrong.
    /// - Throws: ``AMQPError``, ``PostgresError``, `StreamError` or ``AuditVerificationError`` when it cannot be done.
    public func run(_ window: CallbackWindow, settled: Timestamp) async throws -> AuditReport {
        let broker = try await AMQPConnection.connect(amqp, logger: logger)
        do {
            let connection = try await PostgresConnection.connect(database, logger: logger)
            do {
                let report = try await compare(window, settled: settled, broker, connection)
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

    private func compare(
        _ window: CallbackWindow,
        settled: Timestamp,
        _ broker: AMQPConnection,
        _ connection: PostgresConnection
    ) async throws -> AuditReport {
        var callbacks = CallbackList()
        let reader = CallbackReader(connection: broker, stream: topology.callbacksStream, patience: patience)
        let reading = try await reader.read(.window(window)) { messages in
            for message in messages { callbacks.append(message.id, run: GatewayRun(message.delivery)) }
        }
        callbacks.sort()
        let outcomes = OutcomeReader(connection: connection, window: window)
        let behind = try await waitForAuditor(broker, outcomes)

        // Counts and rows are those of one moment.
        return try await connection.withTransaction(isolation: .repeatableRead, accessMode: .readOnly) { _ in
            if callbacks.count > 0 { try Self.expect(try await outcomes.firstDay(), before: callbacks[0].id) }
            var comparison = AuditComparison(
                window,
                callbacks: callbacks,
                minutes: try await outcomes.minutes(),
                laterRuns: try await outcomes.laterRuns(),
                settled: settled,
                limit: limit
            )
            try await outcomes.read { comparison.add($0) }
            comparison.finish()
            return AuditReport(
                window: window,
                callbacks: callbacks.count,
                repeated: callbacks.repeated,
                unattributed: comparison.unattributed,
                unreadable: reading.unreadable,
                outcomes: comparison.outcomes,
                uncounted: comparison.uncounted,
                findings: comparison.findings,
                missedMessages: try await outcomes.place(in: topology.outcomesStream)?.missed ?? 0,
                auditorBehind: behind,
                streamBegins: Self.beginning(of: reading, firstDecided: comparison.firstDecided),
                isStreamRead: reading.isComplete
            )
        }
    }

    /// Makes sure that the day of the first callback is in the database, or was until it was dropped: no outcome can be
    /// there without its day.
    private static func expect(_ firstDay: Timestamp?, before first: EventID) throws(AuditVerificationError) {
        guard let firstDay else {
            throw AuditVerificationError("the audit trail has no day at all: has an auditor been running?")
        }
        guard first.timestamp < firstDay else { return }
        throw AuditVerificationError(
            "the audit trail begins at \(firstDay), and there is a callback of \(first.timestamp): its day was dropped "
                + "(auditor.retentionDays), or no auditor had begun; choose a later --from"
        )
    }

    /// Where the stream begins, when it cannot have all that was in the window.
    private static func beginning(of reading: CallbackReader.Reading, firstDecided: EventID?) -> StreamBeginning? {
        if let time = reading.begins?.time { return StreamBeginning(time: time, isDeclaredAnew: false) }
        // The first callback ever is nothing unusual, unless others were decided before it.
        guard let first = reading.first, first.offset == 0, let time = first.time, let firstDecided,
            firstDecided.timestamp < time.advanced(by: .zero - Self.disorder)
        else { return nil }
        return StreamBeginning(time: time, isDeclaredAnew: true)
    }

    /// How much later than its outcome's time a callback may be in the stream; see `StreamEnd`.
    private static let disorder = Duration.seconds(30)

    /// Waits until the auditor has kept what is in the outcomes stream now, so that nothing is missed that is on its way.
    ///
    /// - Returns: How many messages it is behind when patience ends.
    private func waitForAuditor(_ broker: AMQPConnection, _ outcomes: OutcomeReader) async throws -> Int {
        let probe = StreamProbe(connection: broker, stream: topology.outcomesStream, patience: patience)
        guard let last = try await probe.last() else { return 0 }
        let deadline = ContinuousClock.now + patience
        while true {
            let next = try await outcomes.place(in: topology.outcomesStream)?.next ?? 0
            if next > last.offset { return 0 }
            if ContinuousClock.now >= deadline { return Int(last.offset + 1 - next) }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension GatewayRun {
    /// The gateway that a message of the callbacks stream is from; nil for one that names no run.
    fileprivate init?(_ delivery: AMQPDelivery) {
        let run = delivery.properties.headers[EventRequest.runHeader]?.stringValue.flatMap { EventID($0) }
        guard let run else { return nil }
        self.init(gateway: delivery.properties.appID ?? "", id: run)
    }
}
