public import AMQP
internal import DecisionCore
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
    /// - Throws: ``AMQPError``, ``PostgresError``, `StreamError` or ``AuditVerificationError`` when it cannot be done.
    public func run(_ window: CallbackWindow) async throws -> AuditReport {
        let broker = try await AMQPConnection.connect(amqp, logger: logger)
        do {
            let connection = try await PostgresConnection.connect(database, logger: logger)
            do {
                let report = try await compare(window, broker, connection)
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
            var comparison = AuditComparison(
                window,
                callbacks: callbacks,
                minutes: try await outcomes.minutes(),
                limit: limit
            )
            var last: EventID?
            while true {
                let page = try await outcomes.page(after: last)
                for outcome in page { comparison.add(outcome) }
                last = page.last?.event
                if page.count < OutcomeReader.pageSize { break }
            }
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
                streamBegins: reading.begins?.time,
                isStreamRead: reading.isComplete
            )
        }
    }

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
