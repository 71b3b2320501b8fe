/// Records that were read from a journal.
public struct JournalBatch: Sendable, Equatable {
    /// The records in the order of their appends; empty when there is nothing to read now.
    public var records: [[UInt8]]
    /// The place after the last of them, for ``Journal/confirm(upTo:)``.
    public var end: JournalPosition
    /// Whether there were more in the same segment than were asked for.
    public var hasMore = false
}
