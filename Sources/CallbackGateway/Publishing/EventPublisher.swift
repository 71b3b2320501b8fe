internal import AMQP
internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import Wire

/// Publishes events, and turns what the broker says of them into the end of their wait.
///
/// Nothing here waits: an event is handed to the connection's thread, which writes everything that is queued in one go,
/// and a reply implies the publish, so no answer waits for a confirm. What the broker refuses ends the event's wait at
/// once; what was lost with a connection is published again when there is a new one.
final class EventPublisher: Sendable {
    typealias Circuit = BrokerCircuit<ContinuousClock.Instant>

    private struct State {
        var circuit: Circuit
        var publisher: AMQPPublisher<EventID>?
        var replyQueue: String?
        var isBlocked = false
    }

    private let configuration: GatewayConfiguration
    private let topology: Topology
    private let run: GatewayRun
    private let replies: any ReplyAwaiting
    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    private let interruptions: AsyncStream<ContinuousClock.Instant>
    private let interrupted: AsyncStream<ContinuousClock.Instant>.Continuation

    init(
        configuration: GatewayConfiguration,
        topology: Topology,
        run: GatewayRun,
        replies: any ReplyAwaiting,
        logger: Logger
    ) {
        self.configuration = configuration
        self.topology = topology
        self.run = run
        self.replies = replies
        self.logger = logger
        state = NIOLockedValueBox(State(circuit: Circuit(grace: configuration.brokerGrace)))
        (interruptions, interrupted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether events reach a worker and replies come back, as far as is known.
    var isReady: Bool {
        state.withLockedValue { $0.circuit.isReady }
    }

    /// Why a new callback is to get the default at once; nil when it is worth asking.
    var refusal: FallbackCause? {
        state.withLockedValue { state in
            if state.isBlocked { return .brokerBlocked }
            return state.circuit.admission == .refuse ? .brokerUnavailable : nil
        }
    }

    /// Publishes an event now, or when the broker is back.
    func publish(_ awaited: AwaitedEvent) {
        let route = state.withLockedValue { state -> (AMQPPublisher<EventID>, String)? in
            guard state.circuit.admission == .publish, let publisher = state.publisher, let queue = state.replyQueue
            else { return nil }
            return (publisher, queue)
        }
        guard let (publisher, replyQueue) = route else { return }
        let message = EventRequest.message(
            event: awaited.event,
            body: awaited.body,
            replyTo: replyQueue,
            deadline: awaited.civilDeadline,
            remaining: ContinuousClock.now.duration(to: awaited.deadline),
            topology: topology,
            run: run
        )
        awaited.publishes.published(at: .now)
        publisher.publish(message, token: awaited.event.id)
    }

    /// Watches interruptions until the task is cancelled.
    func run() async {
        for await end in interruptions {
            try? await ContinuousClock().sleep(until: end)
            let isOver = state.withLockedValue { state in
                state.circuit.graceElapsed(now: .now)
                return state.circuit.admission != .refuse
            }
            if !isOver { logger.error("no way to the broker: new callbacks get the default at once") }
        }
    }

    // MARK: - Links

    /// There is a connection to publish over.
    func eventsUp(_ publisher: AMQPPublisher<EventID>) {
        perform { state in
            state.publisher = publisher
            state.isBlocked = false
            return state.circuit.linkUp(.events)
        }
    }

    /// The connection to publish over is gone.
    func eventsDown() {
        perform { state in
            state.publisher = nil
            state.isBlocked = false
            return state.circuit.linkDown(.events, now: .now)
        }
    }

    /// Replies are taken from this queue.
    func repliesUp(queue: String) {
        perform { state in
            state.replyQueue = queue
            return state.circuit.linkUp(.replies)
        }
    }

    /// No replies are taken.
    func repliesDown() {
        perform { state in
            state.replyQueue = nil
            return state.circuit.linkDown(.replies, now: .now)
        }
    }

    /// The broker takes no messages, or takes them again.
    func setBlocked(_ isBlocked: Bool) {
        state.withLockedValue { $0.isBlocked = isBlocked }
    }

    private func perform(_ change: (inout State) -> Circuit.Action) {
        switch state.withLockedValue(change) {
        case .none: break
        case .watch(let end): interrupted.yield(end)
        case .publishWaiting: for item in replies.waiting() { publish(item.question) }
        }
    }

    // MARK: - Outcomes

    /// What the broker said of events that were published; called on the connection's thread.
    func settle(_ outcomes: [(token: EventID, outcome: AMQPPublishOutcome)]) {
        for (id, outcome) in outcomes {
            switch outcome {
            case .confirmed: break
            case .negativelyAcknowledged: replies.fail(id, cause: .overloaded)
            case .returned: replies.fail(id, cause: .unroutable)
            case .blocked: replies.fail(id, cause: .brokerBlocked)
            // The event goes on waiting: it is published again if there is a new connection in time.
            case .failed(let error):
                logger.debug("event not published", metadata: ["event": "\(id)", "error": "\(error)"])
            }
        }
    }
}
