/// What an auditor is doing.
public enum AuditorStanding: String, Sendable, CaseIterable {
    /// It cannot lead, because the database or the broker is out of reach or refuses, or it has not got there yet.
    case connecting
    /// Another auditor leads; this one takes over when that one is gone.
    case standby
    /// It reads the stream and writes what is in it.
    case leading
    /// It has been told to stop, and has.
    case stopped
}
