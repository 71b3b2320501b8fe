internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOHTTP1
internal import Tracing
internal import Wire

/// Takes an accepted callback to its one outcome.
final class CallbackDesk: Sendable {
    private struct State {
        var counters = GatewayCounters()
        var isLeaving = false
        var isDraining = false
    }

    private let configuration: GatewayConfiguration
    private let replies: any ReplyAwaiting
    private let publisher: EventPublisher
    private let outcomes: OutcomeDesk
    private let late: LateDesk
    private let ids: EventIDSource
    private let now: @Sendable () -> Timestamp
    private let topology: Topology
    private let instruments: AnswerInstruments
    private let tracer: (any Tracer)?
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(
        configuration: GatewayConfiguration,
        replies: any ReplyAwaiting,
        publisher: EventPublisher,
        outcomes: OutcomeDesk,
        late: LateDesk,
        ids: EventIDSource,
        now: @escaping @Sendable () -> Timestamp,
        topology: Topology,
        instruments: AnswerInstruments,
        tracer: (any Tracer)?,
        logger: Logger
    ) {
        self.configuration = configuration
        self.replies = replies
        self.publisher = publisher
        self.outcomes = outcomes
        self.late = late
        self.ids = ids
        self.now = now
        self.topology = topology
        self.instruments = instruments
        self.tracer = tracer
        self.logger = logger
    }

    var counters: GatewayCounters {
        state.withLockedValue { $0.counters }
    }

    var isDraining: Bool {
        state.withLockedValue { $0.isDraining }
    }

    /// Begins the trace of a request; nil when none is recorded.
    func trace(of head: HTTPRequestHead) -> CallbackTrace? {
        guard let tracer else { return nil }
        let path = head.uri.prefix { $0 != "?" }
        // A secret may stand at the end of the path.
        let route = configuration.paths.filter { path.hasPrefix($0) }.max { $0.utf8.count < $1.utf8.count }
        return CallbackTrace(head, route: route ?? "/", topology: topology, tracer: tracer)
    }

    /// Whether connections end with their next answer.
    var isLeaving: Bool {
        state.withLockedValue { $0.isLeaving }
    }

    /// From now on connections end with their next answer.
    func leave() {
        state.withLockedValue { $0.isLeaving = true }
    }

    /// From now on new callbacks get the default.
    func drain() {
        state.withLockedValue { state in
            state.isLeaving = true
            state.isDraining = true
        }
    }

    func countRejection(status: Int) {
        state.withLockedValue { $0.counters.rejected[status, default: 0] += 1 }
    }

    /// Makes an event of a callback and finds its answer, within the answer budget.
    ///
    /// The budget begins here: the request is complete, and a slow one has had its own limit.
    ///
    /// - Parameters:
    ///   - trace: What ``trace(of:)`` has begun.
    ///   - onAnswer: Called once with the answer when it may leave: its outcome is kept, or has waited for that as
    ///     long as it may. On any thread, and it must not wait. Not called when this throws.
    /// - Throws: ``BadCallback`` when there is no event in it.
    func answer(
        _ fields: CallbackFields,
        trace: CallbackTrace? = nil,
        onAnswer: @escaping @Sendable (_ id: EventID, _ body: [UInt8]) -> Void
    ) throws(BadCallback) {
        let arrival = ContinuousClock.now
        let receivedAt = now()
        let id = ids.next(now: receivedAt)
        let event = try fields.event(id: id, receivedAt: receivedAt)
        let isDraining = state.withLockedValue { state in
            state.counters.received += 1
            for anomaly in event.anomalies { state.counters.anomalies[anomaly, default: 0] += 1 }
            return state.isDraining
        }
        outcomes.received(id)
        if isDraining {
            finish(event, arrival, trace, Ending(cause: .fallback(.draining)), onAnswer)
        } else if let cause = publisher.refusal {
            finish(event, arrival, trace, Ending(cause: .fallback(cause)), onAnswer)
        } else {
            ask(event, arrival, trace) { self.finish(event, arrival, trace, $0, onAnswer) }
        }
    }

    private func ask(
        _ event: StreamEvent,
        _ arrival: ContinuousClock.Instant,
        _ trace: CallbackTrace?,
        onEnd: @escaping @Sendable (Ending) -> Void
    ) {
        let awaited = AwaitedEvent(
            event: event,
            deadline: arrival.advanced(by: configuration.answerBudget),
            civilDeadline: event.receivedAt.advanced(by: configuration.answerBudget),
            trace: trace?.headers
        )
        replies.ask(
            awaited,
            onEnd: { onEnd(Ending($0, of: awaited, isBrokerReady: self.publisher.isReady)) },
            publish: { publisher.publish(awaited) }
        )
    }

    private func finish(
        _ event: StreamEvent,
        _ arrival: ContinuousClock.Instant,
        _ trace: CallbackTrace?,
        _ ending: Ending,
        _ onAnswer: @escaping @Sendable (_ id: EventID, _ body: [UInt8]) -> Void
    ) {
        let former = ending.cause
        let ending = lateDecision(for: event, after: ending) ?? ending
        let body = Answer.body(for: ending.cause.verdict)
        let outcome = Outcome(
            event: event,
            cause: ending.cause,
            answer: String(decoding: body, as: UTF8.self),
            run: outcomes.run,
            worker: ending.reply?.reply.worker,
            publishCount: ending.question?.publishCount ?? 0,
            times: ending.times(since: arrival, now: .now),
            lateOf: ending.lateOf
        )
        outcomes.keep(outcome) {
            self.count(outcome)
            let total = arrival.duration(to: .now)
            onAnswer(event.id, body)
            self.instruments.answered(outcome, after: total)
            trace?.end(outcome, after: total)
            self.log(outcome, insteadOf: former, trace)
        }
    }

    /// The ending that rests on a decision that came too late for the same question before; nil when there is none, or
    /// no need of one.
    private func lateDecision(for event: StreamEvent, after ending: Ending) -> Ending? {
        guard case .fallback = ending.cause, let earlier = late.answer(to: event) else { return nil }
        var ending = ending
        ending.rest(on: earlier)
        return ending
    }

    private func count(_ outcome: Outcome) {
        state.withLockedValue { state in
            switch (outcome.cause, outcome.verdict) {
            case (.decision, .record): state.counters.recorded += 1
            case (.decision, .skip): state.counters.skipped += 1
            case (.fallback(let cause), _): state.counters.fallbacks[cause, default: 0] += 1
            }
        }
    }

    /// One line for each answer. What the stream is called is not in it: a name may be a person's, and the event's id
    /// leads to it in the audit trail.
    ///
    /// - Parameter former: What it would rest on without a late decision.
    private func log(_ outcome: Outcome, insteadOf former: Outcome.Cause, _ trace: CallbackTrace?) {
        var level = configuration.decisionLogLevel
        var message: Logger.Message = "decided"
        var more: Logger.Metadata = [:]
        if let lateOf = outcome.lateOf {
            level = .warning
            message = "answered a late decision"
            more = ["cause": "\(former.name)", "of": "\(lateOf)"]
        } else if case .fallback(let cause) = outcome.cause {
            level = .warning
            message = "answered the default"
            more = ["cause": "\(cause.rawValue)"]
        }
        if let trace { more["trace_id"] = "\(trace.id)" }
        logger.log(level: level, message, metadata: metadata(of: outcome, adding: more))
    }

    private func metadata(of outcome: Outcome, adding more: Logger.Metadata) -> Logger.Metadata {
        var metadata = more
        metadata["event"] = "\(outcome.event.id)"
        metadata["domain"] = "\(outcome.event.domain)"
        metadata["app"] = "\(outcome.event.app)"
        metadata["record"] = "\(outcome.verdict != .skip)"
        metadata["answer_us"] = "\(outcome.times.answered)"
        if let decision = outcome.cause.decision {
            metadata["revision"] = "\(decision.revision)"
            if let rule = decision.winner { metadata["rule"] = "\(rule.rawValue)" }
        }
        if let worker = outcome.worker { metadata["worker"] = "\(worker)" }
        return metadata
    }
}
