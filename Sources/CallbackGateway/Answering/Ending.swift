internal import DecisionCore
internal import Wire

/// How the wait for an answer ended.
struct Ending {
    /// What the answer rests on.
    let cause: Outcome.Cause
    /// The reply that ended it; nil when none did.
    private(set) var reply: ReceivedReply?
    /// How the event was published; nil when that was not even tried.
    private(set) var publishes: PublishLog?

    /// An end before the beginning.
    init(cause: Outcome.Cause) {
        self.cause = cause
    }

    /// An end of a wait.
    ///
    /// - Parameter isBrokerReady: Whether there is a way to the broker at this moment.
    init(_ result: Result<ReceivedReply, FallbackCause>, publishes: PublishLog, isBrokerReady: Bool) {
        self.publishes = publishes
        switch result {
        case .success(let received):
            reply = received
            switch received.reply.content {
            case .decision(let decision): cause = .decision(decision)
            case .failure(let failure): cause = .fallback(failure)
            }
        // The budget of an event that waited for the broker all along ran out because of the broker.
        case .failure(.timeout):
            cause = .fallback(isBrokerReady && publishes.count > 0 ? .timeout : .brokerUnavailable)
        case .failure(let failure):
            cause = .fallback(failure)
        }
    }

    /// How long everything took.
    func times(since arrival: ContinuousClock.Instant, now: ContinuousClock.Instant) -> AnswerTimes {
        AnswerTimes(
            published: publishes?.first.map { arrival.duration(to: $0).microseconds },
            replied: reply.map { arrival.duration(to: $0.at).microseconds },
            answered: arrival.duration(to: now).microseconds,
            worker: reply?.reply.times?.total,
            facts: reply?.reply.times?.facts
        )
    }
}
