/// What a worker has done since it started.
public struct WorkerCounters: Sendable, Equatable {
    /// Events that were taken from the broker.
    public var taken = 0
    /// Events that were taken again, because whoever took them first did not answer.
    public var redelivered = 0
    /// Events that were no callbacks but repetitions of some.
    public var replayed = 0
    /// Batches that these came in.
    public var batches = 0
    /// Events that were decided and replied to.
    public var decided = 0
    /// Events whose deadline had passed before the business state was read.
    public var expiredBeforeReading = 0
    /// Events whose deadline had passed before the reply.
    public var expiredBeforeReply = 0
    /// Events that could not be decided because the business state could not be read.
    public var stateUnavailable = 0
    /// Events that waited, beside the batches, because somebody else had locked their reservation or their bucket.
    public var contended = 0
    /// Messages that could not be understood and went to the dead queue.
    public var dead = 0
    /// Replies that no gateway took.
    public var undeliverable = 0
    /// Those of them that the audit trail will not know of, because the broker did not take their record.
    public var undeliverableUnkept = 0
    /// Those of them that the gateways were told of, so that they may answer the platform's next attempt.
    public var undeliverableTold = 0
    /// Events that were decided with shadow rules too.
    public var shadowDecided = 0
    /// Those of them that the shadow rules would have answered differently.
    public var shadowDifferent = 0
    /// Differences, or events not compared, that could not be kept.
    public var shadowDropped = 0

    /// Nothing counted yet.
    public init() {}

    mutating func add(_ other: WorkerCounters) {
        taken += other.taken
        redelivered += other.redelivered
        replayed += other.replayed
        batches += other.batches
        decided += other.decided
        expiredBeforeReading += other.expiredBeforeReading
        expiredBeforeReply += other.expiredBeforeReply
        stateUnavailable += other.stateUnavailable
        contended += other.contended
        dead += other.dead
        undeliverable += other.undeliverable
        undeliverableUnkept += other.undeliverableUnkept
        undeliverableTold += other.undeliverableTold
        shadowDecided += other.shadowDecided
        shadowDifferent += other.shadowDifferent
        shadowDropped += other.shadowDropped
    }
}
