/// Where a journal is, and how much it may take.
public struct JournalConfiguration: Sendable {
    /// The directory of the journal, which is made when it is missing. Nothing else may be kept in it.
    public var directory: String
    /// What a record has to survive before its append ends.
    public var sync: JournalSync = .none
    /// What all segments may take together, in bytes, at least `segmentBytes`. Then new records are refused until
    /// confirmed segments are deleted; the old ones stay.
    public var maximumBytes = 1 << 30
    /// From which size on a new segment is begun, in bytes. Only whole segments are deleted.
    public var segmentBytes = 16 << 20
    /// How much may wait for the disk, in bytes of memory. Then new records are refused.
    public var maximumQueuedBytes = 64 << 20
    /// How long an append waits for the disk.
    public var patience: Duration = .milliseconds(250)

    /// A journal in `directory`, with the defaults.
    public init(directory: String) {
        self.directory = directory
    }
}
