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

    fileprivate enum Entry {
        /// Nobody has answered; goes to `answered` or `failed`.
        case waiting(Question, Waiter, deadline: Instant)
        /// A reply came in time; is forgotten in the end.
        case answered
        /// There was no reply in time; is forgotten in the end.
        case failed(Question, deadline: Instant)
    }

    /// The most questions that may wait at once.
    var maximumWaiting: Int
    /// How long an ended question is remembered after its deadline.
    let memory: Duration

    private var entries: [EventID: Entry] = [:]
    private var deadlines: Deque<(deadline: Instant, id: EventID)> = []
    private var remembered: Deque<(until: Instant, id: EventID)> = []
    private(set) var waitingCount = 0

    init(maximumWaiting: Int, memory: Duration) {
        self.maximumWaiting = maximumWaiting
        self.memory = memory
    }

    /// How many questions are known, waiting or ended.
    var rememberedCount: Int { entries.count }

    /// Begins with a question, before it is published.
    mutating func register(_ id: EventID, question: Question, waiter: Waiter, deadline: Instant) -> Registration {
        guard waitingCount < maximumWaiting else { return .refused }
        precondition(entries[id] == nil, "an event id is used twice")
        entries[id] = .waiting(question, waiter, deadline: deadline)
        deadlines.append((deadline, id))
        waitingCount += 1
        return .registered
    }

    /// A reply came.
    mutating func resolve(_ id: EventID) -> Resolution {
        end(id) { _, _ in .answered }
    }

    /// There will be no reply.
    mutating func fail(_ id: EventID) -> Resolution {
        end(id) { .failed($0, deadline: $1) }
    }

    private mutating func end(_ id: EventID, as ending: (Question, _ deadline: Instant) -> Entry) -> Resolution {
        switch entries[id] {
        case .waiting(let question, let waiter, let deadline):
            entries[id] = ending(question, deadline)
            waitingCount -= 1
            return .ended(waiter, deadline: deadline)
        case .answered: return .duplicate
        case .failed(let question, let deadline): return .late(question, deadline: deadline)
        case nil: return .unknown
        }
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
            entries[oldest.id] = nil
        }
        return expired
    }

    /// When ``expire(now:)`` will have a question to end; nil while none waits.
    mutating func nextDeadline() -> Instant? {
        while let first = deadlines.first {
            if case .waiting = entries[first.id] { return first.deadline }
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
            guard case .waiting(let question, _, let deadline) = entries[item.id] else { return nil }
            return (item.id, question, deadline)
        }
    }
}

extension PendingAnswers: Sendable where Question: Sendable, Waiter: Sendable {}
extension PendingAnswers.Entry: Sendable where Question: Sendable, Waiter: Sendable {}
