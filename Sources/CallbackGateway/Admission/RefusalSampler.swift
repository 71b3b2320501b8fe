/// Decides which refusals are logged: for each reason one in a while, with the number of those that were not.
struct RefusalSampler<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// The time between two lines with the same reason.
    let interval: Duration

    private var last: [RefusalReason: Instant] = [:]
    private var unlogged: [RefusalReason: Int] = [:]

    init(interval: Duration) {
        self.interval = interval
    }

    /// A callback was refused.
    ///
    /// - Returns: How many were refused since the last line with this reason, with this one; nil when there is to be no
    ///   line.
    mutating func refused(_ reason: RefusalReason, at now: Instant) -> Int? {
        if let last = last[reason], last.duration(to: now) < interval {
            unlogged[reason, default: 0] += 1
            return nil
        }
        last[reason] = now
        return 1 + (unlogged.removeValue(forKey: reason) ?? 0)
    }
}
