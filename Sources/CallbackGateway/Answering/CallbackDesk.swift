internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import Wire

/// Takes an accepted callback to its one outcome.
final class CallbackDesk: Sendable {
    private struct State {
        var counters = GatewayCounters()
        var isDraining = false
    }

    private let configuration: GatewayConfiguration
    private let replies: any ReplyAwaiting
    private let publisher: EventPublisher
    private let ids: EventIDSource
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(
        configuration: GatewayConfiguration,
        replies: any ReplyAwaiting,
        publisher: EventPublisher,
        ids: EventIDSource,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.configuration = configuration
        self.replies = replies
        self.publisher = publisher
        self.ids = ids
        self.now = now
        self.logger = logger
    }

    var counters: GatewayCounters {
        state.withLockedValue { $0.counters }
    }

    var isDraining: Bool {
        state.withLockedValue { $0.isDraining }
    }

    /// From now on new callbacks get the default.
    func drain() {
        state.withLockedValue { $0.isDraining = true }
    }

    func countRejection(status: Int) {
        state.withLockedValue { $0.counters.rejected[status, default: 0] += 1 }
    }

    /// Makes an event of a callback and finds its outcome, within the answer budget.
    ///
    /// The budget begins here: the request is complete, and a slow one has had its own limit.
    ///
    /// - Throws: ``BadCallback`` when there is no event in it.
    func answer(_ fields: CallbackFields) async throws(BadCallback) -> Outcome {
        let arrival = ContinuousClock.now
        let receivedAt = now()
        let id = ids.next(now: receivedAt)
        let event = try fields.event(id: id, receivedAt: receivedAt)
        let isDraining = state.withLockedValue { state in
            state.counters.received += 1
            for anomaly in event.anomalies { state.counters.anomalies[anomaly, default: 0] += 1 }
            return state.isDraining
        }
        let outcome = Outcome(
            eventID: id,
            cause: isDraining ? .fallback(.draining) : await ask(event, arrival: arrival)
        )
        record(outcome, of: event)
        return outcome
    }

    private func ask(_ event: StreamEvent, arrival: ContinuousClock.Instant) async -> Outcome.Cause {
        if let cause = publisher.refusal { return .fallback(cause) }
        let awaited = AwaitedEvent(
            event: event,
            deadline: arrival.advanced(by: configuration.answerBudget),
            civilDeadline: event.receivedAt.advanced(by: configuration.answerBudget),
            body: event.encodedBody()
        )
        let result = await replies.answer(to: event.id, question: awaited, deadline: awaited.deadline) {
            publisher.publish(awaited)
        }
        switch result {
        case .success(let decision): return .decision(decision)
        // The budget of an event that waited for the broker all along ran out because of the broker.
        case .failure(.timeout): return .fallback(publisher.isReady ? .timeout : .brokerUnavailable)
        case .failure(let cause): return .fallback(cause)
        }
    }

    private func record(_ outcome: Outcome, of event: StreamEvent) {
        state.withLockedValue { state in
            switch (outcome.cause, outcome.verdict) {
            case (.decision, .record): state.counters.recorded += 1
            case (.decision, .skip): state.counters.skipped += 1
            case (.fallback(let cause), _): state.counters.fallbacks[cause, default: 0] += 1
            }
        }
        switch outcome.cause {
        case .decision(let decision):
            logger.debug("decided", metadata: metadata(of: event, adding: ["revision": "\(decision.revision)"]))
        case .fallback(let cause):
            logger.warning(
                "answered the default",
                metadata: metadata(of: event, adding: ["cause": "\(cause.rawValue)"])
            )
        }
    }

    private func metadata(of event: StreamEvent, adding more: Logger.Metadata) -> Logger.Metadata {
        more.merging(["event": "\(event.id)"]) { first, _ in first }
    }
}
