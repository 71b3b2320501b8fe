/// How long a worker took; microseconds on its monotonic clock. The events of a batch are decided together, so they share
/// its times.
public struct WorkerTimes: Sendable, Hashable {
    /// From taking the event to its reply.
    public var total: Int
    /// The part of it that reading the facts took, quotas among them.
    public var facts: Int

    /// Describes the times.
    public init(total: Int, facts: Int) {
        self.total = total
        self.facts = facts
    }
}
