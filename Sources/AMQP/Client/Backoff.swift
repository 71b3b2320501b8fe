/// How long to wait before the next attempt: a random part ("full jitter") of a limit that doubles with each failure.
///
/// The random part keeps many clients of a broker that comes back from knocking at the same moment.
package struct Backoff: Sendable {
    private let base: Duration
    private let cap: Duration
    private var limit: Duration

    /// - Parameters:
    ///   - base: The limit for the wait after the first failure.
    ///   - cap: The limit is never higher.
    package init(base: Duration = .milliseconds(100), cap: Duration = .seconds(5)) {
        self.base = base
        self.cap = cap
        limit = base
    }

    /// An attempt failed.
    ///
    /// - Parameter random: From 0 to 1.
    /// - Returns: How long to wait before the next one.
    package mutating func failed(random: Double) -> Duration {
        defer { limit = min(limit * 2, cap) }
        return limit * min(max(random, 0), 1)
    }

    /// An attempt succeeded for long enough: the next failure is a first one.
    package mutating func succeeded() {
        limit = base
    }
}
