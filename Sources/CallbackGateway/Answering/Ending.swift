internal import DecisionCore
internal import Wire

/// How the wait for an answer ended.
struct Ending {
    /// What the answer rests on.
    private(set) var cause: Outcome.Cause
    /// The callback that the decision was made for, when it came too late for that one; nil for all others.
    private(set) var lateOf: EventID?
    /// The reply that ended it; nil when none did.
    private(set) var reply: ReceivedReply?
    /// The event as it was asked; nil when it was not.
    private(set) var question: AwaitedEvent?

    /// An end before the beginning.
    init(cause: Outcome.Cause) {
        self.cause = cause
    }

    /// An end of a wait.
    ///
    /// - Parameter isBrokerReady: Whether there is a way to the broker at this moment.
    init(_ result: Result<ReceivedReply, FallbackCause>, of question: AwaitedEvent, isBrokerReady: Bool) {
        self.question = question
        switch result {
        case .success(let received):
            reply = received
            switch received.reply.content {
            case .decision(let decision): cause = .decision(decision)
            case .failure(let failure): cause = .fallback(failure)
            }
        // The budget of an event that waited for the broker all along ran out because of the broker.
        case .failure(.timeout):
            cause = .fallback(isBrokerReady && question.publishCount > 0 ? .timeout : .brokerUnavailable)
        case .failure(let failure):
            cause = .fallback(failure)
        }
    }

    /// A decision is there after all: the one that came too late when the same was asked before.
    ///
    /// What else is known of this callback's own way, such as the reply that there is no decision, stays.
    mutating func rest(on late: LateAnswer) {
        cause = .decision(late.decision)
        lateOf = late.event.id
    }

    /// How long everything took.
    func times(since arrival: ContinuousClock.Instant, now: ContinuousClock.Instant) -> AnswerTimes {
        AnswerTimes(
            published: question?.firstPublish.map { arrival.duration(to: $0).microseconds },
            replied: reply.map { arrival.duration(to: $0.at).microseconds },
            answered: arrival.duration(to: now).microseconds,
            worker: reply?.reply.times?.total,
            facts: reply?.reply.times?.facts
        )
    }
}
