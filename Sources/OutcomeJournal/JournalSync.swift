/// What a record has to survive before its append ends.
public enum JournalSync: String, Sendable, CaseIterable {
    /// The end of the process: the record is in the page cache. A loss of power takes what the kernel has not written
    /// yet.
    case none
    /// A loss of power: all records that wait are written and synced together.
    case group
    /// A loss of power, too, each record written and synced by itself: slow, and no safer than ``group``.
    case always
}
