/// How a journal is doing.
public struct JournalStatus: Sendable, Equatable {
    /// What the segments take, in bytes.
    public var bytes = 0
    /// How many segments there are.
    public var segments = 0
    /// How many records are written and not confirmed.
    public var unconfirmedRecords = 0
    /// For how long the oldest of them has been written, or up to 100 ms longer; nil when all are confirmed. Measured
    /// with the wall clock, over all runs.
    public var oldestUnconfirmedAge: Duration?
    /// How many records wait for the disk or are being written.
    public var queuedRecords = 0
    /// What they take in memory, in bytes.
    public var queuedBytes = 0
    /// What this run has counted.
    public var counters = JournalCounters()
    /// The failure of the disk that happened last, if any.
    public var lastFailure: JournalError?
}

/// What a journal has counted since it was opened.
public struct JournalCounters: Sendable, Equatable {
    /// Records that were written.
    public var appended = 0
    /// Records that were not: the journal was full or closed, or the disk failed.
    public var refused = 0
    /// Appends that did not wait for the disk any longer. Their records are counted again as appended or refused.
    public var overtaken = 0
    /// Records that were confirmed.
    public var confirmed = 0
    /// Bytes that were cut: torn records at opening, and what a failing disk had written in part.
    public var cutBytes = 0
    /// Records that could not be read because they are damaged.
    public var lost = 0
    /// Writes, each of as many records as waited.
    public var writes = 0
    /// Syncs of segments.
    public var syncs = 0
}
