/// How long the business state has been out of reach, and whether it is worth asking once more for one batch.
///
/// A short outage costs no decision: a batch is tried again until the database is back. In a long one each batch is
/// tried once, so that gateways learn at once that there will be no decision.
struct StateOutage<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// How long an outage may last before batches are no longer tried again.
    let grace: Duration
    /// The time between two tries.
    let pause: Duration
    /// How long nobody has to have tried before somebody looks who has no event.
    static var quiet: Duration { .seconds(2) }

    private var since: Instant?
    /// The last try that failed.
    private var last: Instant?

    init(grace: Duration, pause: Duration) {
        self.grace = grace
        self.pause = pause
    }

    /// Whether the last try failed.
    var isOngoing: Bool { since != nil }

    /// The business state was read.
    mutating func readSucceeded() {
        since = nil
        last = nil
    }

    /// Whether the last try failed, and no event has come to try again for.
    func isStale(now: Instant) -> Bool {
        last.map { $0.advanced(by: Self.quiet) <= now } ?? false
    }

    /// How long a try may wait for a connection: what is left of the grace, and one pause when that is over.
    ///
    /// - Parameters:
    ///   - now: When the try begins.
    ///   - limit: When it is too late for a decision of this batch.
    func patience(now: Instant, limit: Instant) -> Duration {
        let end = max((since ?? now).advanced(by: grace), now.advanced(by: pause))
        return max(.milliseconds(1), now.duration(to: min(limit, end)))
    }

    /// A try failed.
    ///
    /// - Parameters:
    ///   - start: When it began.
    ///   - now: When it failed.
    ///   - limit: When it is too late for a decision of this batch.
    /// - Returns: Whether to pause and try again.
    mutating func readFailed(start: Instant, now: Instant, limit: Instant) -> Bool {
        let beginning = since ?? start
        since = beginning
        last = now
        let next = now.advanced(by: pause)
        return next < limit && next < beginning.advanced(by: grace)
    }
}
