internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// The way of replayed events to the workers, and of replies back.
final class ReplayLine: Sendable {
    private struct IDs: Sendable {
        var generator = EventIDGenerator()
        var random = SystemRandomNumberGenerator()
    }

    private let run: ReplayRun
    private let topology: Topology
    private let now: @Sendable () -> Timestamp
    private let replyQueue: String
    private let publisher: AMQPPublisher<EventID>
    private let ids = NIOLockedValueBox(IDs())

    /// Opens it.
    ///
    /// - Throws: ``EventReplayError`` when somebody is at this replay already; `AMQPError`.
    init(
        _ run: ReplayRun,
        desk: ReplayDesk,
        topology: Topology,
        on connection: AMQPConnection,
        now: @escaping @Sendable () -> Timestamp
    ) async throws {
        let queue = topology.replyQueue(epoch: "replay.\(run.replay)")
        let channel = try await connection.openChannel()
        try await Self.declare(queue, of: run, on: channel)
        channel.setCloseHandler { desk.fail($0) }
        _ = try await channel.consume(
            queue: queue,
            noAcknowledge: true,
            exclusive: true,
            onDeliveries: { deliveries in
                desk.replied(deliveries.flatMap { ReplyMessage.readableReplies(in: $0.body) })
            },
            onCancelled: { desk.fail(EventReplayError(.noQueue, "the queue of the replies is gone")) }
        )
        publisher = try await connection.openChannel().makePublisher { desk.published($0) }
        replyQueue = queue
        self.run = run
        self.topology = topology
        self.now = now
    }

    /// Exclusive: a replay has one sitting at a time.
    private static func declare(_ queue: String, of run: ReplayRun, on channel: AMQPChannel) async throws {
        do {
            try await channel.declareQueue(
                AMQPQueue(
                    name: queue,
                    durable: false,
                    exclusive: true,
                    autoDelete: true,
                    arguments: ["x-queue-type": "classic"]
                )
            )
        } catch {
            guard error.code == .resourceLocked else { throw error }
            throw EventReplayError(.alreadyRunning, "\(run.replay)")
        }
    }

    /// A callback as an event of its own, of now.
    func repetition(of event: StreamEvent) -> StreamEvent {
        let now = now()
        var repetition = event
        repetition.id = ids.withLockedValue { $0.generator.next(now: now, using: &$0.random) }
        repetition.receivedAt = now
        return repetition
    }

    /// Sends an event to the workers.
    func publish(_ passenger: ReplayDesk.Passenger) {
        let message = EventRequest.replayMessage(
            event: passenger.event,
            mark: ReplayMark(original: passenger.candidate.event.id, chargesQuotas: run.chargesQuotas),
            replyTo: replyQueue,
            deadline: now().advanced(by: topology.answerBudget),
            remaining: topology.answerBudget,
            topology: topology,
            sender: "replay"
        )
        publisher.publish(message, token: passenger.event.id)
    }
}
