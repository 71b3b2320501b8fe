/// What an auditor has done since it started. What becomes of messages is counted when it is committed.
public struct AuditorCounters: Sendable, Equatable {
    /// How often it became the leader.
    public var terms = 0
    /// How often it could not become the leader, or had to give up being it.
    public var interruptions = 0
    /// Transactions that wrote messages.
    public var batches = 0
    /// Outcomes of callbacks that were written.
    public var outcomes = 0
    /// Outcomes that were there already: a gateway had published them again.
    public var repeatedOutcomes = 0
    /// Those of them that said something else than what is written. There should be none.
    public var conflictingOutcomes = 0
    /// Recording status callbacks that were written.
    public var recordingStatuses = 0
    /// Recorded files that were written.
    public var recordedFiles = 0
    /// Ingest callbacks that were written.
    public var ingestStatuses = 0
    /// Notices that were there already: the same message once more, or a file that the platform has repeated.
    public var repeated = 0
    /// Messages that could not be understood, or whose data the database refused, and went to the dead queue.
    public var dead = 0
    /// Messages that the stream's retention removed before they were read, at most; the database has the sum over all
    /// auditors.
    public var missed = 0
    /// Notices and records that were older than anything is kept when they were read, and were not written.
    public var outdated = 0
    /// How often the stream turned out to be another one than was last read.
    public var streamsBegunAnew = 0
    /// Reservations that ended because their time was over.
    public var expiredReservations = 0
    /// Reservations that had ended long ago and were deleted.
    public var prunedReservations = 0
    /// Rows and partitions of the audit trail that were older than it is kept.
    public var pruned = 0

    /// Nothing counted yet.
    public init() {}

    mutating func add(_ other: AuditorCounters) {
        terms += other.terms
        interruptions += other.interruptions
        batches += other.batches
        outcomes += other.outcomes
        repeatedOutcomes += other.repeatedOutcomes
        conflictingOutcomes += other.conflictingOutcomes
        recordingStatuses += other.recordingStatuses
        recordedFiles += other.recordedFiles
        ingestStatuses += other.ingestStatuses
        repeated += other.repeated
        dead += other.dead
        missed += other.missed
        outdated += other.outdated
        streamsBegunAnew += other.streamsBegunAnew
        expiredReservations += other.expiredReservations
        prunedReservations += other.prunedReservations
        pruned += other.pruned
    }
}
