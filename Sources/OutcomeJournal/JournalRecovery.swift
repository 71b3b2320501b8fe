/// What was found when a journal was opened.
public struct JournalRecovery: Sendable, Equatable {
    /// How many segments have records to read.
    public var segments = 0
    /// How many records these have.
    public var records = 0
    /// How many of the records are not confirmed, and are read again.
    public var unconfirmedRecords = 0
    /// What the segments take, in bytes, with damaged parts.
    public var bytes = 0
    /// What was cut from the end of the newest segment, in bytes: a record that was not written to its end.
    public var cutBytes = 0
    /// What cannot be read, in bytes, because it is damaged.
    public var corruptBytes = 0
    /// How many records are missing between segments, by their numbers. What is missing at the end has no number.
    public var missingRecords: UInt64 = 0
    /// The files that are damaged. Each is renamed to end in `.corrupt` as soon as no record in it is needed any more,
    /// and never deleted.
    public var corruptFiles: [String] = []
}
