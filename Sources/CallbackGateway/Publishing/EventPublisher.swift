internal import AMQP
internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import Wire

/// Publishes events, and turns what the broker says of them into the end of their wait.
///
/// Nothing here waits: an event is handed to the connection's thread, which writes everything that is queued in one go,
/// and a reply implies the publish, so no answer waits for a confirm. What the broker refuses ends the event's wait at
/// once; what was lost with a connection is published again when there is a new one. A replicated work queue that has no
/// leader for the moment refuses, too: see ``RefusalWatch``.
final class EventPublisher: Sendable {
    typealias Circuit = BrokerCircuit<ContinuousClock.Instant>

    private struct State {
        var circuit: Circuit
        var refusals: RefusalWatch<ContinuousClock.Instant>
        /// The number of the channel that was opened last.
        var channelNumber = 0
        /// The channel that is published on, with its number.
        var current: (channel: EventChannel, number: Int)?
        var opener: EventChannel.Opener?
        /// What was refused and waits for another channel.
        var held: Set<EventID> = []
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
    private let renewals: AsyncStream<ContinuousClock.Instant>
    private let renewal: AsyncStream<ContinuousClock.Instant>.Continuation

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
        state = NIOLockedValueBox(
            State(
                circuit: Circuit(grace: configuration.brokerGrace),
                refusals: RefusalWatch(grace: configuration.brokerGrace)
            )
        )
        (interruptions, interrupted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (renewals, renewal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
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
            guard state.circuit.admission == .publish, let current = state.current, let queue = state.replyQueue
            else { return nil }
            return (current.channel.publisher, queue)
        }
        guard let (publisher, replyQueue) = route else { return }
        let message = EventRequest.message(
            event: awaited.event,
            body: awaited.event.encodedBody(),
            replyTo: replyQueue,
            deadline: awaited.civilDeadline,
            remaining: ContinuousClock.now.duration(to: awaited.deadline),
            topology: topology,
            run: run,
            trace: awaited.trace
        )
        awaited.published(at: .now)
        publisher.publish(message, token: awaited.event.id)
    }

    /// Watches interruptions and refusals until the task is cancelled.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await self.watchInterruptions() }
            group.addTask { for await due in self.renewals { await self.renewChannel(at: due) } }
        }
    }

    private func watchInterruptions() async {
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

    /// Opens a channel, which is not yet published on.
    func open(_ opener: EventChannel.Opener) async throws -> (channel: EventChannel, number: Int) {
        let number = state.withLockedValue { state in
            state.channelNumber += 1
            return state.channelNumber
        }
        return (try await opener { self.settle($0, on: number) }, number)
    }

    /// There is a connection to publish over.
    ///
    /// - Parameter opener: Opens further channels on it.
    func eventsUp(_ channel: EventChannel, number: Int, opener: @escaping EventChannel.Opener) {
        perform { state in
            state.current = (channel, number)
            state.opener = opener
            state.isBlocked = false
            state.held = []
            // What was refused over the former connection says nothing of this one.
            state.refusals = RefusalWatch(grace: configuration.brokerGrace)
            state.refusals.opened(number, now: .now)
            return state.circuit.linkUp(.events)
        }
    }

    /// The connection to publish over is gone.
    func eventsDown() {
        perform { state in
            state.current = nil
            state.opener = nil
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
        case .publishWaiting: for awaited in replies.waiting() { publish(awaited) }
        }
    }

    // MARK: - Refusals

    private func renewChannel(at due: ContinuousClock.Instant) async {
        try? await ContinuousClock().sleep(until: due)
        let (opener, former) = state.withLockedValue { ($0.opener, $0.current) }
        guard let opener, let former else { return }
        guard let (channel, number) = try? await open(opener) else { return renewLater(former.number) }
        let isUsed = state.withLockedValue { state in
            // There may be another connection since, and this channel has died with the former.
            guard state.current?.number == former.number else { return false }
            state.current = (channel, number)
            state.refusals.opened(number, now: .now)
            return true
        }
        guard isUsed else { return }
        logger.notice("the work queue refuses everything: trying another channel")
        publishHeld()
        Task { [topology] in
            // Until then the broker may say what has become of events that were published on it.
            try? await Task.sleep(for: topology.answerBudget)
            await former.channel.close()
        }
    }

    /// A connection may live on without a further channel: a broker with an alarm opens none.
    private func renewLater(_ number: Int) {
        let due = state.withLockedValue { state in
            state.current?.number == number ? ContinuousClock.now.advanced(by: state.refusals.patience) : nil
        }
        if let due { renewal.yield(due) }
    }

    private func publishHeld() {
        let held = state.withLockedValue { state in
            defer { state.held = [] }
            return state.held
        }
        guard !held.isEmpty else { return }
        for awaited in replies.waiting() where held.contains(awaited.event.id) { publish(awaited) }
    }

    private func refused(_ id: EventID, on channel: Int) {
        let advice = state.withLockedValue { state -> RefusalWatch<ContinuousClock.Instant>.Advice? in
            // A classic queue has no leader to lose.
            guard topology.profile == .replicated else { return nil }
            let advice = state.refusals.refused(on: channel, now: .now)
            if advice.mayWait { state.held.insert(id) }
            return advice
        }
        if let due = advice?.renewal { renewal.yield(due) }
        if advice?.mayWait != true { replies.fail(id, cause: .overloaded) }
    }

    // MARK: - Outcomes

    /// What the broker said of events that were published on a channel; called on the connection's thread.
    private func settle(_ outcomes: [(token: EventID, outcome: AMQPPublishOutcome)], on channel: Int) {
        var isAnyConfirmed = false
        var isAnyRefused = false
        for (id, outcome) in outcomes {
            switch outcome {
            case .confirmed: isAnyConfirmed = true
            case .negativelyAcknowledged:
                isAnyRefused = true
                refused(id, on: channel)
            case .returned: replies.fail(id, cause: .unroutable)
            case .blocked: replies.fail(id, cause: .brokerBlocked)
            // The event goes on waiting: it is published again if there is a new connection in time.
            case .failed(let error):
                logger.debug("event not published", metadata: ["event": "\(id)", "error": "\(error)"])
            }
        }
        if isAnyConfirmed { state.withLockedValue { $0.refusals.confirmed(on: channel) } }
        // The channel may have been replaced meanwhile, and then there is nothing more to wait for.
        if isAnyRefused, state.withLockedValue({ $0.current.map { $0.number > channel } ?? false }) { publishHeld() }
    }
}
