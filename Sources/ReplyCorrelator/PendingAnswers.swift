internal import DecisionCore
internal import DequeModule

/// The questions that wait for an answer, and the memory of those that no longer do.
///
/// A pure state machine: it reads no clock and resumes nobody. Each question has exactly one end, because only the
/// method that finds it waiting is handed its waiter:
///
///     (none) --register--> waiting --resolve--> answered --forget--> (none)
///                             |-----fail------> failed ----forget--> (none)
///                             '----expire-----> failed
///
/// An ended question is remembered for a while, so that a second reply is known for what it is: `late` when the
/// question had failed, `duplicate` when it had been answered, `unknown` when there is no memory of it.
///
/// Every question has the same budget, so deadlines come in the order of registration and a queue holds them; no
/// timer is needed for each.
struct PendingAnswers<Question, Waiter, Instant: InstantProtocol> where Instant.Duration == Duration {
    /// What became of a registration.
    enum Registration {
        case registered
        /// As many questions wait as may.
        case refused
    }

    /// What a reply, or another end, met.
    enum Resolution {
        /// The question was waiting; this is its end.
        case ended(Waiter, deadline: Instant)
        /// It had ended without an answer; this was its deadline.
        case late(Question, deadline: Instant)
        /// It had been answered.
        case duplicate
        /// It was never asked here, or so long ago that it is forgotten.
        case unknown
    }

    fileprivate struct Unanswered {
        var question: Question
        var waiter: Waiter
        var deadline: Instant
    }

    fileprivate struct Failed {
        var question: Question
        var deadline: Instant
    }

    /// The most questions that may wait at once.
    var maximumWaiting: Int
    /// How long an ended question is remembered after its deadline.
    let memory: Duration

    private var unanswered: [EventID: Unanswered] = [:]
    /// The questions that a reply came to in time. These are nearly all that are remembered, so no more is than has to be.
    private var answered: Set<EventID> = []
    /// The questions that had no reply in time.
    private var failed: [EventID: Failed] = [:]
    private var deadlines: Deque<(deadline: Instant, id: EventID)> = []
    private var remembered: Deque<(until: Instant, id: EventID)> = []

    init(maximumWaiting: Int, memory: Duration) {
        self.maximumWaiting = maximumWaiting
        self.memory = memory
    }

    /// How many questions wait.
    var waitingCount: Int { unanswered.count }

    /// How many questions are known, waiting or ended.
    var rememberedCount: Int { unanswered.count + answered.count + failed.count }

    /// Begins with a question, before it is published.
    mutating func register(_ id: EventID, question: Question, waiter: Waiter, deadline: Instant) -> Registration {
        guard waitingCount < maximumWaiting else { return .refused }
        let isNew = unanswered[id] == nil && !answered.contains(id) && failed[id] == nil
        precondition(isNew, "an event id is used twice")
        unanswered[id] = Unanswered(question: question, waiter: waiter, deadline: deadline)
        deadlines.append((deadline, id))
        return .registered
    }

    /// A reply came.
    mutating func resolve(_ id: EventID) -> Resolution {
        guard let ended = unanswered.removeValue(forKey: id) else { return resolutionOfEnded(id) }
        answered.insert(id)
        return .ended(ended.waiter, deadline: ended.deadline)
    }

    /// There will be no reply.
    mutating func fail(_ id: EventID) -> Resolution {
        guard let ended = unanswered.removeValue(forKey: id) else { return resolutionOfEnded(id) }
        failed[id] = Failed(question: ended.question, deadline: ended.deadline)
        return .ended(ended.waiter, deadline: ended.deadline)
    }

    private func resolutionOfEnded(_ id: EventID) -> Resolution {
        if answered.contains(id) { return .duplicate }
        return failed[id].map { .late($0.question, deadline: $0.deadline) } ?? .unknown
    }

    /// Time has passed: ends every question whose deadline has come, and forgets what is old.
    mutating func expire(now: Instant) -> [(id: EventID, waiter: Waiter)] {
        var expired: [(id: EventID, waiter: Waiter)] = []
        while let first = deadlines.first, first.deadline <= now {
            if case .ended(let waiter, _) = fail(first.id) { expired.append((first.id, waiter)) }
            remember(deadlines.removeFirst())
        }
        while let oldest = remembered.first, oldest.until <= now {
            remembered.removeFirst()
            if answered.remove(oldest.id) == nil { failed[oldest.id] = nil }
        }
        return expired
    }

    /// When ``expire(now:)`` will have a question to end; nil while none waits.
    mutating func nextDeadline() -> Instant? {
        while let first = deadlines.first {
            if unanswered[first.id] != nil { return first.deadline }
            remember(deadlines.removeFirst())
        }
        return nil
    }

    private mutating func remember(_ ended: (deadline: Instant, id: EventID)) {
        remembered.append((ended.deadline.advanced(by: memory), ended.id))
    }

    /// Every question that waits, in the order of registration.
    func waiting() -> [(id: EventID, question: Question, deadline: Instant)] {
        deadlines.compactMap { item in
            unanswered[item.id].map { (item.id, $0.question, $0.deadline) }
        }
    }
}

extension PendingAnswers: Sendable where Question: Sendable, Waiter: Sendable {}
extension PendingAnswers.Unanswered: Sendable where Question: Sendable, Waiter: Sendable {}
extension PendingAnswers.Failed: Sendable where Question: Sendable {}
