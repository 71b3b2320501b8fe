public import AMQP
public import DecisionCore
public import Logging
public import Postgres
public import Wire

/// Decides callbacks again and compares, and changes nothing: no message is sent, no quota is asked.
public struct ReplayDryRun: Sendable {
    private let topology: Topology
    private let amqp: AMQPConfiguration
    private let database: PostgresConfiguration
    private let logger: Logger

    /// How many differences are listed at most.
    public var limit = 20
    /// How long nothing may come from the stream.
    public var patience: Duration = .seconds(5)

    /// - Parameters:
    ///   - topology: Which stream.
    ///   - amqp: How to reach the broker.
    ///   - database: How to reach the database, as a role that may read rules and audit trail, with
    ///     `FactsReader.sessionSettings`.
    ///   - logger: Takes what goes wrong.
    public init(topology: Topology, amqp: AMQPConfiguration, database: PostgresConfiguration, logger: Logger) {
        self.topology = topology
        self.amqp = amqp
        self.database = database
        self.logger = logger
    }

    /// Decides again.
    ///
    /// - Parameters:
    ///   - selection: Which callbacks.
    ///   - rules: On which rules.
    /// - Throws: `AMQPError`, `StreamError`, `PostgresError` or `WireError` when it cannot be done.
    public func run(_ selection: ReplaySelection, on rules: ReplayRules) async throws -> ReplayReport {
        // The audit trail can be asked while the broker is away.
        let broker = selection.source == .stream ? try await AMQPConnection.connect(amqp, logger: logger) : nil
        do {
            let connection = try await PostgresConnection.connect(database, logger: logger)
            do {
                let report = try await run(selection, on: rules, broker, connection)
                await connection.close()
                await broker?.close()
                return report
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            await broker?.close()
            throw error
        }
    }

    private func run(
        _ selection: ReplaySelection,
        on rules: ReplayRules,
        _ broker: AMQPConnection?,
        _ connection: PostgresConnection
    ) async throws -> ReplayReport {
        var report = ReplayReport(limit: limit)
        if let broker { report.auditorBehind = try await AuditorPlace.behind(topology, broker, connection) }
        let facts = ReplayFacts(rules, on: connection)
        let reader = CandidateReader(
            selection: selection,
            topology: topology,
            broker: broker,
            database: connection,
            patience: patience
        )
        let reading = try await reader.read { candidates in
            var turned: [(id: EventID, change: ReplayChange)] = []
            for (candidate, facts) in zip(candidates, try await facts.facts(for: candidates)) {
                let again = Redecision(candidate, facts)
                if let change = report.add(candidate, again.decision, isRoomAssumed: again.isRoomAssumed) {
                    turned.append((candidate.event.id, change))
                }
            }
            let lengths = try await PushLengths.lengths(of: turned.map(\.id), on: connection)
            for (id, change) in turned {
                if let length = lengths[id] { report.add(length, change) }
            }
        }
        report.unreadable = reading.unreadable
        report.streamBegins = reading.begins
        report.isComplete = reading.isComplete
        return report
    }
}
