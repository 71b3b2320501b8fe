import AMQP
import DecisionCore
import NIOConcurrencyHelpers
import TestSupport
import Wire

/// A worker that answers what a test tells it to.
final class ScriptedWorker: Sendable {
    private let channel: AMQPChannel
    private let taken = NIOLockedValueBox<[AMQPDelivery]>([])

    private init(channel: AMQPChannel) {
        self.channel = channel
    }

    /// Runs `body` while a worker takes the events of a topology that a gateway has declared.
    ///
    /// - Parameter answer: What it replies to an event; nil for nothing.
    static func with(
        _ topology: Topology,
        answer: @escaping @Sendable (StreamEvent) -> Reply.Content? = { _ in nil },
        _ body: (ScriptedWorker) async throws -> Void
    ) async throws {
        try await ProductBroker.withConnection { connection in
            let worker = ScriptedWorker(channel: try await connection.openChannel())
            _ = try await worker.channel.consume(
                queue: topology.decisionsQueue,
                noAcknowledge: true,
                onDeliveries: { worker.take($0, answer: answer) }
            )
            try await body(worker)
        }
    }

    private func take(_ deliveries: [AMQPDelivery], answer: (StreamEvent) -> Reply.Content?) {
        taken.withLockedValue { $0 += deliveries }
        for delivery in deliveries {
            guard let request = try? EventRequest(delivery), let content = answer(request.event) else { continue }
            reply(content, to: request)
        }
    }

    /// Every event that came, with its envelope.
    var deliveries: [AMQPDelivery] { taken.withLockedValue { $0 } }

    /// The events that came.
    func requests() throws -> [EventRequest] { try deliveries.map { try EventRequest($0) } }

    /// Waits for this many events.
    func wait(for count: Int) async throws -> [EventRequest] {
        try await eventually("\(count) events") { deliveries.count >= count }
        return try requests()
    }

    /// Replies, once more if need be.
    func reply(_ content: Reply.Content, to request: EventRequest) {
        reply(content, about: request.event.id, to: request.replyTo)
    }

    /// Replies about whatever event to whatever queue.
    func reply(_ content: Reply.Content, about id: EventID, to queue: String) {
        channel.publish(Reply(eventID: id, content: content, worker: "scripted").message(to: queue))
    }

    /// Sends anything.
    func send(_ body: String, to queue: String) {
        channel.publish(AMQPMessage(routingKey: queue, body: Array(body.utf8)))
    }
}

extension Reply.Content {
    /// The decision to record by the platform's own settings.
    static let record = decision(.record(.template))
    /// The decision not to record.
    static let skip = decision(.skip)

    /// A decision on what stands in rule 1.
    static func decision(_ verdict: Decision.Verdict) -> Reply.Content {
        .decision(
            Decision(
                verdict: verdict,
                reason: .rule(Rule.ID(rawValue: 1)),
                revision: 7,
                decidedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
            )
        )
    }
}
