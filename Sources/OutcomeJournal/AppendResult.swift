/// What became of a record until its append ended.
public enum AppendResult: Sendable, Equatable {
    /// It is kept as ``JournalConfiguration/sync`` says; the place is the one after it.
    case kept(JournalPosition)
    /// The disk was not done within ``JournalConfiguration/patience``. The record is written if the disk recovers.
    case overtaken
    /// It is not in the journal. After a failure of the disk it may yet be found there when the journal is next
    /// opened.
    case refused(JournalError)
}
