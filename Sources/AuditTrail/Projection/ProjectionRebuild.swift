public import AMQP
public import Logging
public import Postgres
internal import StreamReading
public import Wire

/// Has the auditors read the outcomes stream once more, from its first message.
///
/// What is in the database stays: rows are known by their keys, so that a message that is read again adds what is missing
/// and nothing else. A leading auditor notices within a second that its place is another one, and begins a term there.
public struct ProjectionRebuild: Sendable {
    /// What is read again.
    public struct Plan: Sendable, Equatable {
        /// The offset of the first message that the stream has.
        public var first: Int64
        /// The offset of its last message when it was looked at.
        public var last: Int64
        /// The offset that the auditors had come to.
        public var formerPlace: Int64
    }

    private let topology: Topology
    private let amqp: AMQPConfiguration
    private let database: PostgresConfiguration
    private let logger: Logger

    /// How long nothing may come from a stream before there is nothing in it.
    public var patience: Duration = .seconds(5)

    /// - Parameters:
    ///   - topology: Which stream.
    ///   - amqp: How to reach the broker.
    ///   - database: How to reach the database, as the auditors' role.
    ///   - logger: Takes what goes wrong.
    public init(topology: Topology, amqp: AMQPConfiguration, database: PostgresConfiguration, logger: Logger) {
        self.topology = topology
        self.amqp = amqp
        self.database = database
        self.logger = logger
    }

    /// Moves the auditors' place to the first message.
    ///
    /// - Returns: What is read again; nil when there is no message, or no auditor has ever read any.
    /// - Throws: `AMQPError`, `StreamError` or `PostgresError`; the place is where it was then.
    public func begin() async throws -> Plan? {
        guard let (first, last) = try await endsOfStream() else { return nil }
        return try await withDatabase { connection in
            let former = try await ProjectionStore(stream: topology.outcomesStream).moveBack(to: first, on: connection)
            return former.map { Plan(first: first, last: last, formerPlace: $0) }
        }
    }

    /// The offset that the auditors have come to.
    ///
    /// - Throws: `PostgresError`.
    public func place() async throws -> Int64 {
        try await withDatabase { connection in
            try await ProjectionStore(stream: topology.outcomesStream).place(on: connection) ?? 0
        }
    }

    private func endsOfStream() async throws -> (first: Int64, last: Int64)? {
        let broker = try await AMQPConnection.connect(amqp, logger: logger)
        do {
            let probe = StreamProbe(connection: broker, stream: topology.outcomesStream, patience: patience)
            let last = try await probe.last()
            let first = try await probe.first()
            await broker.close()
            guard let first, let last else { return nil }
            return (first.offset, last.offset)
        } catch {
            await broker.close()
            throw error
        }
    }

    private func withDatabase<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let connection = try await PostgresConnection.connect(database, logger: logger)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
