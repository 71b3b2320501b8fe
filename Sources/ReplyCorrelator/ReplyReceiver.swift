public import AMQP
public import Logging
public import Wire

/// Takes the replies of this gateway from its own queue to the correlator.
///
/// Every connection has a new queue: it is exclusive, and the broker may hold on to the one of a lost connection for a
/// while. Replies to an old queue are returned to the workers that sent them.
public final class ReplyReceiver: Sendable {
    private let correlator: ReplyCorrelator
    private let topology: Topology
    private let amqp: AMQPConfiguration
    private let name: String
    private let logger: Logger
    private let onReady: @Sendable (_ queue: String) -> Void
    private let onLost: @Sendable () -> Void
    private let onLate: @Sendable ([LateReply]) -> Void
    private let lateAnswers: LateAnswerQueue?

    /// A receiver that has not begun.
    ///
    /// - Parameters:
    ///   - correlator: Gets the replies.
    ///   - topology: Names the queue.
    ///   - amqp: How to reach the broker.
    ///   - name: The gateway's; a part of the queue's name.
    ///   - logger: Takes what goes wrong.
    ///   - onReady: Called with the queue to reply to, each time there is a new one.
    ///   - onLost: Called when that queue is gone.
    ///   - onLate: Called with replies that came when their questions had ended.
    ///   - onLateAnswers: Called with what any gateway or worker tells of such; nil when that is not wanted, and then no
    ///     queue is bound for it.
    public init(
        correlator: ReplyCorrelator,
        topology: Topology,
        amqp: AMQPConfiguration,
        name: String,
        logger: Logger,
        onReady: @escaping @Sendable (_ queue: String) -> Void,
        onLost: @escaping @Sendable () -> Void,
        onLate: @escaping @Sendable ([LateReply]) -> Void = { _ in },
        onLateAnswers: LateAnswersHandler? = nil
    ) {
        self.correlator = correlator
        self.topology = topology
        self.amqp = amqp
        self.name = name
        self.logger = logger
        self.onReady = onReady
        self.onLost = onLost
        self.onLate = onLate
        lateAnswers = onLateAnswers.map { LateAnswerQueue(topology: topology, logger: logger, onAnswers: $0) }
    }

    /// Takes replies until the task is cancelled.
    public func run() async {
        let client = AMQPClient(
            configuration: amqp,
            logger: logger,
            onConnected: { try await self.begin(on: $0) },
            onDisconnected: { error in
                self.onLost()
                // Cancelled: this is the end that was asked for.
                self.logger.log(
                    level: Task.isCancelled ? .debug : .warning,
                    "lost the broker",
                    metadata: ["error": "\(error)"]
                )
            }
        )
        await client.run()
    }

    private func begin(on connection: AMQPConnection) async throws {
        let channel = try await connection.openChannel()
        channel.setCloseHandler { _ in connection.requestClose() }
        let epoch = "\(name).\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let queue = topology.replyQueue(epoch: epoch)
        try await channel.declareQueue(
            AMQPQueue(
                name: queue,
                durable: false,
                exclusive: true,
                autoDelete: true,
                arguments: [
                    "x-queue-type": "classic",
                    // Nobody waits for a reply that is older than the budget.
                    "x-message-ttl": .int64(topology.answerBudget.milliseconds),
                ]
            )
        )
        // A reply is worth nothing once the gateway that waits for it is gone, so there is nothing to acknowledge.
        _ = try await channel.consume(
            queue: queue,
            noAcknowledge: true,
            exclusive: true,
            onDeliveries: { self.receive($0) },
            onCancelled: { connection.requestClose() }
        )
        try await lateAnswers?.begin(on: connection, epoch: epoch)
        onReady(queue)
    }

    private func receive(_ deliveries: [AMQPDelivery]) {
        var replies: [Reply] = []
        replies.reserveCapacity(deliveries.count)
        for delivery in deliveries {
            do throws(WireError) {
                for reply in try ReplyMessage.replies(in: delivery.body) {
                    switch reply {
                    case .success(let reply): replies.append(reply)
                    case .failure(let error): malformed(error)
                    }
                }
            } catch {
                malformed(error)
            }
        }
        let late = correlator.resolve(replies)
        if !late.isEmpty { onLate(late) }
    }

    private func malformed(_ error: WireError) {
        correlator.countMalformedReply()
        logger.warning("not a reply", metadata: ["reason": "\(error)"])
    }
}
