internal import AMQP
internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers

/// Publishes messages one by one, and says which of them the broker keeps: notices, and outcomes that the journal does
/// not take.
///
/// Unlike a question, a message waits for its confirm, and is kept only when the broker has confirmed it without
/// returning it first. What was lost with a connection is published again when there is a new one; so the stream may
/// have a message twice, under one id.
final class ConfirmedPublisher: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Void, NotKeptCause>, Never>

    private struct State {
        var circuit: BrokerCircuit<ContinuousClock.Instant>
        var pending: PendingConfirms<AMQPMessage, Waiter, ContinuousClock.Instant>
        var publisher: AMQPPublisher<EventID>?
        var isBlocked = false
        var isStopped = false
        /// Whether whatever waits goes on waiting until its deadline.
        let isPatient: Bool
        var isRepeating = false

        mutating func refusal(now: ContinuousClock.Instant) -> NotKeptCause? {
            if isStopped { return .draining }
            if isPatient { return nil }
            if isBlocked { return .brokerBlocked }
            circuit.graceElapsed(now: now)
            return circuit.admission == .refuse ? .brokerUnavailable : nil
        }
    }

    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - grace: For how long a broker that is away is waited for; nil to wait whatever it does, until the deadline of
    ///     each message.
    ///   - maximumWaiting: The most messages that may wait at once.
    ///   - maximumSize: The most bytes that they may have together.
    init(grace: Duration?, maximumWaiting: Int, maximumSize: Int, logger: Logger) {
        self.logger = logger
        state = NIOLockedValueBox(
            State(
                // Nothing of it has a reply, so the link that takes them is none of its business.
                circuit: BrokerCircuit(grace: grace ?? .zero, links: [.events]),
                pending: PendingConfirms(maximumWaiting: maximumWaiting, maximumSize: maximumSize),
                isPatient: grace == nil
            )
        )
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many messages wait for their confirm.
    var pendingCount: Int {
        state.withLockedValue { $0.pending.waitingCount }
    }

    /// Why a new message is not kept, whatever it says; nil when it is published, or waits for the broker.
    var refusal: NotKeptCause? {
        state.withLockedValue { $0.refusal(now: .now) }
    }

    /// Publishes a message, now or when the broker is back, and waits until the broker has it for good.
    ///
    /// - Parameters:
    ///   - id: The message's id, used once.
    ///   - message: The message, with that id.
    ///   - deadline: When to give up; not before that of any message that waits.
    func keep(
        _ id: EventID,
        _ message: AMQPMessage,
        until deadline: ContinuousClock.Instant
    ) async -> Result<Void, NotKeptCause> {
        await withCheckedContinuation { waiter in
            switch begin(id, message, waiter, deadline) {
            case .publish(let publisher): publisher.publish(message, token: id)
            case .hold: break
            case .refuse(let cause): waiter.resume(returning: .failure(cause))
            }
        }
    }

    private enum Beginning {
        case publish(AMQPPublisher<EventID>)
        /// It is published when the broker is back.
        case hold
        case refuse(NotKeptCause)
    }

    private func begin(
        _ id: EventID,
        _ message: AMQPMessage,
        _ waiter: Waiter,
        _ deadline: ContinuousClock.Instant
    ) -> Beginning {
        state.withLockedValue { state in
            if let cause = state.refusal(now: .now) { return .refuse(cause) }
            let size = message.body.count
            guard state.pending.register(id, message: message, size: size, waiter: waiter, deadline: deadline) else {
                return .refuse(.overloaded)
            }
            // Nobody watches the deadlines while nothing waits.
            if state.pending.waitingCount == 1 { wakeUp.yield() }
            guard !state.isBlocked else {
                state.pending.owe(id)
                return .hold
            }
            return state.publisher.map { .publish($0) } ?? .hold
        }
    }

    /// Watches the deadlines until the task is cancelled. Then what still waits is not kept.
    func run() async {
        for await _ in wakeUps {
            while !Task.isCancelled, let deadline = state.withLockedValue({ $0.pending.nextDeadline() }) {
                // Cancellation ends the sleep early, and the loop.
                try? await ContinuousClock().sleep(until: deadline, tolerance: .zero)
                expire()
            }
        }
        stop()
    }

    /// What still waits is not kept, and nothing more is.
    func stop() {
        let stranded = state.withLockedValue { state in
            state.isStopped = true
            return state.pending.end()
        }
        for waiter in stranded { waiter.resume(returning: .failure(.draining)) }
    }

    private func expire() {
        let (expired, cause) = state.withLockedValue { state in
            // The budget of what waited for the broker all along ran out because of the broker.
            let cause: NotKeptCause = state.circuit.isReady ? .timeout : .brokerUnavailable
            return (state.pending.expire(now: .now), cause)
        }
        for waiter in expired { waiter.resume(returning: .failure(cause)) }
    }

    // MARK: - The link

    /// There is a connection to publish over.
    func eventsUp(_ publisher: AMQPPublisher<EventID>) {
        let waiting = state.withLockedValue { state in
            state.publisher = publisher
            state.isBlocked = false
            _ = state.circuit.linkUp(.events)
            return state.pending.takeWaiting()
        }
        publisher.publish(waiting.map { (message: $0.message, token: $0.id) })
    }

    /// The connection to publish over is gone.
    func eventsDown() {
        state.withLockedValue { state in
            state.publisher = nil
            state.isBlocked = false
            _ = state.circuit.linkDown(.events, now: .now)
        }
    }

    /// The broker takes no messages, or takes them again.
    func setBlocked(_ isBlocked: Bool) {
        state.withLockedValue { $0.isBlocked = isBlocked }
        if !isBlocked { publishOwed() }
    }

    private func publishOwed() {
        let (publisher, owed) = state.withLockedValue { state in
            let publisher = state.isBlocked ? nil : state.publisher
            return (publisher, publisher == nil ? [] : state.pending.takeOwed())
        }
        publisher?.publish(owed.map { (message: $0.message, token: $0.id) })
    }

    private func repeatLater() {
        let isFirst = state.withLockedValue { state in
            defer { state.isRepeating = true }
            return !state.isRepeating
        }
        guard isFirst else { return }
        Task {
            try? await Task.sleep(for: OutcomePublisher.pause)
            state.withLockedValue { $0.isRepeating = false }
            publishOwed()
        }
    }

    /// What the broker said of what was published; called on the connection's thread.
    func settle(_ outcomes: [(token: EventID, outcome: AMQPPublishOutcome)]) {
        let (settled, isAnyOwed) = state.withLockedValue { state in
            var isAnyOwed = false
            let settled = outcomes.compactMap { id, outcome -> (Waiter, Result<Void, NotKeptCause>)? in
                guard let result = result(of: outcome, for: id) else { return nil }
                if state.isPatient, case .failure = result {
                    if state.pending.owe(id) { isAnyOwed = true }
                    return nil
                }
                return state.pending.settle(id).map { ($0, result) }
            }
            return (settled, isAnyOwed)
        }
        for (waiter, result) in settled { waiter.resume(returning: result) }
        if isAnyOwed { repeatLater() }
    }

    private func result(of outcome: AMQPPublishOutcome, for id: EventID) -> Result<Void, NotKeptCause>? {
        switch outcome {
        case .confirmed: return .success(())
        case .negativelyAcknowledged: return .failure(.refused)
        case .returned: return .failure(.unroutable)
        case .blocked: return .failure(.brokerBlocked)
        // It goes on waiting: it is published again if there is a new connection in time.
        case .failed(let error):
            logger.debug("not published", metadata: ["id": "\(id)", "error": "\(error)"])
            return nil
        }
    }
}
