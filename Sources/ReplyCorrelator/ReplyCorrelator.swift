public import DecisionCore
internal import NIOConcurrencyHelpers
public import Wire

/// Holds each callback until its answer is there: a worker's reply, a known failure, or the end of the budget,
/// whichever comes first. There is exactly one, and no way to wait for ever.
///
/// The deadline is measured on the monotonic clock and depends on neither broker nor database; ``run()`` watches it
/// with a single timer.
public final class ReplyCorrelator: Sendable {
    /// Told of the end of a question: the reply, which may say that there is no decision, or why there is none.
    ///
    /// It is called on whichever thread the end comes from, maybe before ``ask(_:onEnd:publish:)``
    /// returns, and must not wait: others wait behind it.
    public typealias EndHandler = @Sendable (Result<ReceivedReply, FallbackCause>) -> Void

    private typealias Pending = PendingAnswers<AwaitedEvent, EndHandler, ContinuousClock.Instant>

    private struct State: Sendable {
        var pending: Pending
        var limit: WaitingLimit<ContinuousClock.Instant>
        var counters = ReplyCounters()
        /// Resumed when the first question begins to wait while nobody watches a deadline.
        var idleTimer: CheckedContinuation<Void, Never>?
        var isStopped = false
    }

    private let state: NIOLockedValueBox<State>
    private let clock = ContinuousClock()
    private let budget: Duration

    /// A correlator without questions.
    ///
    /// - Parameters:
    ///   - maximumPending: The most questions that may wait at once; a further one is `overloaded`. Fewer may while
    ///     replies take most of the budget, because more are asked than workers can decide.
    ///   - budget: From the registration of a question to its deadline.
    ///   - memory: How long a question is remembered after its deadline, for telling late from unknown replies.
    public init(maximumPending: Int, budget: Duration, memory: Duration) {
        self.budget = budget
        state = NIOLockedValueBox(
            State(
                pending: Pending(maximumWaiting: maximumPending, memory: memory),
                limit: WaitingLimit(maximum: maximumPending, budget: budget)
            )
        )
    }

    /// What has been counted so far.
    public var counters: ReplyCounters {
        state.withLockedValue { state in
            var counters = state.counters
            counters.pending = state.pending.waitingCount
            counters.pendingLimit = state.limit.value
            return counters
        }
    }

    /// Registers a question, has it published, and tells of its end, once, at the deadline at the latest.
    ///
    /// - Parameters:
    ///   - question: What is asked; asking twice with one event is a programming error.
    ///   - onEnd: Told of the end.
    ///   - publish: Called once the question is registered, so that no reply can be missed.
    public func ask(
        _ question: AwaitedEvent,
        onEnd: @escaping EndHandler,
        publish: () -> Void
    ) {
        let (refusal, timer) = state.withLockedValue {
            state -> (FallbackCause?, CheckedContinuation<Void, Never>?) in
            guard !state.isStopped else { return (.draining, nil) }
            state.pending.maximumWaiting = state.limit.value
            switch state.pending.register(
                question.event.id,
                question: question,
                waiter: onEnd,
                deadline: question.deadline
            ) {
            case .registered: return (nil, state.idleTimer.take())
            case .refused:
                state.limit.refused(now: clock.now)
                return (.overloaded, nil)
            }
        }
        timer?.resume()
        if let refusal { onEnd(.failure(refusal)) } else { publish() }
    }

    /// Workers have replied; replies that nobody waits for are counted and change nothing.
    ///
    /// - Returns: The replies to questions that had ended without one.
    @discardableResult
    public func resolve(_ replies: [Reply]) -> [LateReply] {
        let now = clock.now
        var late: [LateReply] = []
        let answered = state.withLockedValue { state in
            replies.compactMap { reply -> (EndHandler, ReceivedReply)? in
                switch state.pending.resolve(reply.eventID) {
                case .ended(let onEnd, let deadline):
                    let wait = budget - now.duration(to: deadline)
                    state.limit.replied(after: wait, isDecided: reply.isDecision, now: now)
                    state.counters.inTime += 1
                    return (onEnd, ReceivedReply(reply, at: now))
                case .late(let question, let deadline):
                    let wait = budget + deadline.duration(to: now)
                    state.limit.replied(after: wait, isDecided: reply.isDecision, now: now)
                    state.counters.late += 1
                    late.append(LateReply(reply, to: question, lateBy: deadline.duration(to: now)))
                case .duplicate: state.counters.duplicate += 1
                case .unknown: state.counters.unknown += 1
                }
                return nil
            }
        }
        for (onEnd, reply) in answered { onEnd(.success(reply)) }
        return late
    }

    /// There was a message in the reply queue that is not a reply.
    func countMalformedReply() {
        state.withLockedValue { $0.counters.malformed += 1 }
    }

    /// There will be no reply to this event, as far as is known; nothing happens if it has ended already.
    public func fail(_ id: EventID, cause: FallbackCause) {
        let resolution = state.withLockedValue { $0.pending.fail(id) }
        if case .ended(let onEnd, _) = resolution { onEnd(.failure(cause)) }
    }

    /// Every question that waits, in the order of asking.
    public func waiting() -> [AwaitedEvent] {
        state.withLockedValue { $0.pending.waiting().map(\.question) }
    }

    /// Watches the deadlines until the task is cancelled. Then the questions that still wait end as `draining`.
    public func run() async {
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                if let deadline = state.withLockedValue({ $0.pending.nextDeadline() }) {
                    // Cancellation ends the sleep early, and the loop.
                    try? await clock.sleep(until: deadline, tolerance: .zero)
                    expire()
                } else {
                    await waitForQuestion()
                }
            }
        } onCancel: {
            state.withLockedValue { state in
                state.isStopped = true
                return state.idleTimer.take()
            }?.resume()
        }
        // The handler has no part in this when the task is cancelled just as the loop looks: then it never runs.
        let stranded = state.withLockedValue { state in
            state.isStopped = true
            return state.pending.waiting()
        }
        for item in stranded { fail(item.id, cause: .draining) }
    }

    private func expire() {
        let expired = state.withLockedValue { $0.pending.expire(now: clock.now) }
        for (_, onEnd) in expired { onEnd(.failure(.timeout)) }
    }

    private func waitForQuestion() async {
        await withCheckedContinuation { (timer: CheckedContinuation<Void, Never>) in
            let mustWait = state.withLockedValue { state in
                // A question may have come since its absence was seen.
                guard state.pending.waitingCount == 0, !state.isStopped else { return false }
                state.idleTimer = timer
                return true
            }
            if !mustWait { timer.resume() }
        }
    }
}
