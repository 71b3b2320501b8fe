internal import DecisionCore
internal import DequeModule
internal import Wire

/// The decisions that came too late for their callbacks, by what was asked, for as long as they may answer it.
///
/// A pure state machine: it reads no clock. There is one decision for each question, the one that was made last:
///
///     (none) --remember--> known --a later decision--> known
///                            '---- its time is over, or more recent ones need the room --> (none)
struct LateMemory<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// What a decision takes besides the bytes of its message, about.
    static var overhead: Int { 512 }

    fileprivate struct Entry {
        var answer: LateAnswer
        var size: Int
        var until: Instant
        /// Its place in ``order``.
        var number: Int
    }

    /// The most decisions.
    let maximumCount: Int
    /// The most bytes, by the lengths of their messages.
    let maximumBytes: Int

    private var entries: [StreamQuestion: Entry] = [:]
    /// The questions in the order in which they were remembered; those with another number than their entry's are past.
    private var order: Deque<(number: Int, question: StreamQuestion)> = []
    private var nextNumber = 0
    /// The bytes of all that is remembered.
    private(set) var bytes = 0
    /// How many were forgotten before their time, because others needed the room.
    private(set) var crowdedOut = 0

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    /// How many decisions are remembered.
    var count: Int { entries.count }

    /// How many places the order takes, past ones too.
    var orderCount: Int { order.count }

    /// A decision came too late.
    ///
    /// - Parameters:
    ///   - answer: The decision.
    ///   - length: The bytes of its message.
    ///   - until: When its time is over.
    /// - Returns: Whether that is news: neither it nor a later decision was known.
    mutating func remember(_ answer: LateAnswer, length: Int, until: Instant, now: Instant) -> Bool {
        forget(now: now)
        let question = answer.event.question
        if let known = entries[question], known.answer.decision.decidedAt >= answer.decision.decidedAt { return false }
        remove(question)
        let size = length + Self.overhead
        entries[question] = Entry(answer: answer, size: size, until: until, number: nextNumber)
        order.append((nextNumber, question))
        nextNumber += 1
        bytes += size
        while entries.count > maximumCount || bytes > maximumBytes, let first = order.popFirst() {
            guard entries[first.question]?.number == first.number else { continue }
            remove(first.question)
            crowdedOut += 1
        }
        // What is asked again and again leaves its former places behind.
        if order.count > 2 * entries.count + 16 { order.removeAll { entries[$0.question]?.number != $0.number } }
        return true
    }

    /// The decision that answers this question; nil when there is none whose time is not over.
    func answer(to question: StreamQuestion, now: Instant) -> LateAnswer? {
        guard let entry = entries[question], now < entry.until else { return nil }
        return entry.answer
    }

    /// Time has passed: forgets what is over.
    mutating func forget(now: Instant) {
        while let first = order.first {
            if let entry = entries[first.question], entry.number == first.number {
                guard entry.until <= now else { return }
                remove(first.question)
            }
            order.removeFirst()
        }
    }

    private mutating func remove(_ question: StreamQuestion) {
        guard let entry = entries.removeValue(forKey: question) else { return }
        bytes -= entry.size
    }
}

extension LateMemory: Sendable where Instant: Sendable {}
extension LateMemory.Entry: Sendable where Instant: Sendable {}
