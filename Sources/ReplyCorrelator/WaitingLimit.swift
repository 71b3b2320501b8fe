internal import DequeModule

/// How many questions may wait when workers cannot keep up.
///
/// Events leave the work queue in the order in which they came. When more come than can be decided, each waits longer
/// than the one before, until all are decided just after their deadline: as much work as ever, and no answer from it.
/// Refusing some at once keeps the wait of the others short enough for an answer.
///
/// Nothing is refused until replies take longer than three quarters of the budget, twice in a row: after a pause of the
/// workers it is once. Then as many may wait as were lately answered in half the budget (Little's law), by the best rate
/// of the last five seconds, until nobody had to be refused for a whole budget and replies come soon again.
///
/// A pure state machine: it reads no clock.
struct WaitingLimit<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// Some wait whatever the rate, or nothing would be learned.
    static var least: Int { 16 }

    private static var window: Duration { .milliseconds(100) }
    private static var memory: Duration { .seconds(5) }

    /// The limit while nothing is wrong.
    let maximum: Int
    private let budget: Duration

    private(set) var isCongested = false
    private var wasSlow = false
    private var lastRefusal: Instant?
    /// The first instant of replies in this window; they are not counted, only what comes after them is.
    private var windowStart: Instant?
    private var count = 0
    private var decidedCount = 0
    private var waited = Duration.zero
    /// Replies a second, by the time of measurement; each one more than those after it.
    private var rates: Deque<(until: Instant, rate: Double)> = []

    init(maximum: Int, budget: Duration) {
        self.maximum = maximum
        self.budget = budget
    }

    /// Replies that take longer are a sign that too many wait.
    private var congestedWait: Duration { budget * 3 / 4 }
    /// Replies that take less are a sign that all is well.
    private var relaxedWait: Duration { budget / 4 }

    /// How many may wait now.
    var value: Int {
        guard isCongested, let best = rates.first?.rate else { return maximum }
        return min(maximum, max(Self.least, Int(best * (budget / .seconds(2)))))
    }

    /// A reply came, in time or not.
    ///
    /// - Parameters:
    ///   - wait: How long its question had waited.
    ///   - isDecided: Whether it brings a decision. One that says that there is none costs little, so it says nothing of
    ///     how much can be decided; but what has waited for so long that there was no time left says that too many wait.
    mutating func replied(after wait: Duration, isDecided: Bool, now: Instant) {
        guard let start = windowStart else {
            windowStart = now
            return
        }
        // Replies come in batches: those of the first say nothing of how long they took to come.
        guard start < now else { return }
        count += 1
        if isDecided { decidedCount += 1 }
        waited += wait
        let elapsed = start.duration(to: now)
        if elapsed >= Self.window { close(elapsed, now) }
    }

    /// Somebody was refused for this limit.
    mutating func refused(now: Instant) {
        lastRefusal = now
    }

    private mutating func close(_ elapsed: Duration, _ now: Instant) {
        let rate = Double(decidedCount) / (elapsed / .seconds(1))
        while let oldest = rates.first, oldest.until <= now { rates.removeFirst() }
        while let last = rates.last, last.rate <= rate { rates.removeLast() }
        rates.append((now.advanced(by: Self.memory), rate))
        let mean = waited / count
        let isSlow = mean > congestedWait
        if isSlow, wasSlow { isCongested = true }
        wasSlow = isSlow
        let hasRefused = lastRefusal.map { $0.duration(to: now) < budget } ?? false
        if mean < relaxedWait, !hasRefused { isCongested = false }
        windowStart = now
        (count, decidedCount) = (0, 0)
        waited = .zero
    }
}

extension WaitingLimit: Sendable where Instant: Sendable {}
