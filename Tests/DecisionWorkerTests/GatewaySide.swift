import AMQP
import DecisionCore
import NIOConcurrencyHelpers
import TestSupport
import Wire

/// What a gateway does: it publishes events, and reads the replies from a queue of its own.
struct GatewaySide: Sendable {
    let topology: Topology
    let replyQueue: String
    private let channel: AMQPChannel
    private let received = NIOLockedValueBox<[Reply]>([])

    init(topology: Topology, connection: AMQPConnection) async throws {
        self.topology = topology
        replyQueue = topology.replyQueue(epoch: "test")
        channel = try await connection.openChannel()
        try await channel.declareQueue(AMQPQueue(name: replyQueue, durable: false, exclusive: true, autoDelete: true))
        _ = try await channel.consume(
            queue: replyQueue,
            noAcknowledge: true,
            onDeliveries: { [received] deliveries in
                let replies = deliveries.flatMap { ReplyMessage.readableReplies(in: $0.body) }
                received.withLockedValue { $0 += replies }
            },
            onCancelled: {}
        )
    }

    /// The replies so far, in the order that they came in.
    var replies: [Reply] { received.withLockedValue { $0 } }

    /// Asks about events, with this much time to answer.
    func ask(_ events: [StreamEvent], within budget: Duration = .seconds(30)) {
        let deadline = Timestamp.now().advanced(by: budget)
        channel.publish(
            events.map { .request($0, replyTo: replyQueue, deadline: deadline, topology: topology) }
        )
    }

    /// Publishes something else to the workers.
    func publish(_ message: AMQPMessage) {
        channel.publish(message)
    }

    /// Waits for this many replies, and returns them by the number of their event.
    func replies(_ count: Int) async throws -> [EventID: Reply] {
        try await eventually("\(count) replies") { received.withLockedValue { $0.count } >= count }
        return Dictionary(replies.map { ($0.eventID, $0) }) { first, _ in first }
    }

    /// Takes the one message of a queue, once it is there.
    func message(of queue: String) async throws -> AMQPDelivery {
        let taken = NIOLockedValueBox<[AMQPDelivery]>([])
        let consumer = try await channel.consume(
            queue: queue,
            noAcknowledge: true,
            onDeliveries: { deliveries in taken.withLockedValue { $0 += deliveries } },
            onCancelled: {}
        )
        try await eventually("a message in \(queue)") { taken.withLockedValue { !$0.isEmpty } }
        try await consumer.cancel()
        let deliveries = taken.withLockedValue { $0 }
        guard deliveries.count == 1 else { throw TestFailure("\(deliveries.count) messages in \(queue)") }
        return deliveries[0]
    }

    /// What is told of late decisions from now on.
    func lateAnswers() async throws -> @Sendable () -> [LateAnswer] {
        let told = NIOLockedValueBox<[LateAnswer]>([])
        let queue = topology.lateQueue(epoch: "test")
        try await channel.declareQueue(queue)
        try await channel.bind(queue: queue.name, exchange: topology.lateExchange, routingKey: "")
        _ = try await channel.consume(
            queue: queue.name,
            noAcknowledge: true,
            onDeliveries: { deliveries in
                let answers = deliveries.compactMap { try? LateAnswer(decodingBody: $0.body) }
                told.withLockedValue { $0 += answers }
            },
            onCancelled: {}
        )
        return { told.withLockedValue { $0 } }
    }

    /// The first message of the outcomes stream, once it is there.
    func firstRecord() async throws -> AMQPDelivery {
        let taken = NIOLockedValueBox<[AMQPDelivery]>([])
        try await channel.setPrefetch(10)
        let consumer = try await channel.consume(
            queue: topology.outcomesStream,
            arguments: ["x-stream-offset": "first"],
            onDeliveries: { deliveries in taken.withLockedValue { $0 += deliveries } },
            onCancelled: {}
        )
        try await eventually("a record in the stream") { taken.withLockedValue { !$0.isEmpty } }
        try await consumer.cancel()
        return taken.withLockedValue { $0[0] }
    }

    /// How many messages are ready in the work queue.
    func waitingEvents() async throws -> Int {
        try await channel.declareQueue(AMQPQueue(name: topology.decisionsQueue), passive: true).messageCount
    }
}
