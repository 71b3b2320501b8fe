import AMQP
import DecisionCore
import NIOConcurrencyHelpers
import TestSupport
import Wire

/// Reads the outcomes stream of a topology from its beginning.
struct OutcomesReader {
    private let topology: Topology
    private let connection: AMQPConnection
    private let read = NIOLockedValueBox<[AMQPDelivery]>([])

    /// Runs `body` with a reader.
    static func with(_ topology: Topology, _ body: (OutcomesReader) async throws -> Void) async throws {
        try await ProductBroker.withConnection { connection in
            let reader = OutcomesReader(topology: topology, connection: connection)
            let read = reader.read
            let channel = try await connection.openChannel()
            try await channel.setPrefetch(1_000)
            _ = try await channel.consume(
                queue: topology.outcomesStream,
                arguments: ["x-stream-offset": "first"],
                onDeliveries: { deliveries in read.withLockedValue { $0 += deliveries } }
            )
            try await body(reader)
        }
    }

    private init(topology: Topology, connection: AMQPConnection) {
        self.topology = topology
        self.connection = connection
    }

    /// Waits for this many messages with notices, and makes sure that they are all.
    func deliveries(_ count: Int) async throws -> [AMQPDelivery] {
        try await eventually("\(count) messages in the outcomes stream") { notices.count >= count }
        let channel = try await connection.openChannel()
        // The broker counts a stream's messages, too, for a passive declaration; the count may lag, and never leads.
        let stored = try await channel.declareQueue(AMQPQueue(name: topology.outcomesStream), passive: true)
        await channel.close()
        try await eventually("the \(stored.messageCount) messages that are stored") {
            read.withLockedValue { $0.count } >= stored.messageCount
        }
        let deliveries = notices
        guard deliveries.count == count else { throw TestFailure("\(deliveries.count) messages are notices") }
        return deliveries
    }

    /// What was read, without the records of the audit trail.
    private var notices: [AMQPDelivery] {
        read.withLockedValue { $0.filter { $0.properties.type != Topology.outcomeKey } }
    }

    /// Waits for this many notices, and makes sure that they are all.
    func notices(_ count: Int) async throws -> [Notice] {
        try await deliveries(count).map { try Notice(decodingBody: $0.body) }
    }

    /// Waits for this many records of the audit trail.
    func records(_ count: Int) async throws -> [AuditRecord] {
        try await eventually("\(count) records in the outcomes stream") { try knownRecords().count >= count }
        return try knownRecords()
    }

    /// Waits for this many outcomes.
    func outcomes(_ count: Int) async throws -> [Outcome] {
        try await eventually("\(count) outcomes in the outcomes stream") { try knownOutcomes().count >= count }
        return try knownOutcomes()
    }

    private func knownOutcomes() throws -> [Outcome] {
        try knownRecords().compactMap { record in
            if case .outcome(let outcome) = record { outcome } else { nil }
        }
    }

    private func knownRecords() throws -> [AuditRecord] {
        try read.withLockedValue { $0 }
            .filter { $0.properties.type == Topology.outcomeKey }
            .flatMap { try AuditMessage.records(in: $0.body) }
            .map { try $0.get() }
    }

    /// Waits until the stream has notices of this many ids. What is published again may be there twice.
    func ids(_ count: Int) async throws -> Set<String> {
        try await eventually("notices of \(count) ids in the outcomes stream") { try knownIDs().count >= count }
        return try knownIDs()
    }

    private func knownIDs() throws -> Set<String> {
        Set(try notices.map { try Notice(decodingBody: $0.body).id.description })
    }
}
