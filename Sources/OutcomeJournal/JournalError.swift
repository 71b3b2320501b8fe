internal import Glibc

/// Why a journal could not be opened, did not take a record, or could not be read. Safe to log: it holds no record.
public enum JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another journal, of this process or another, has the directory open.
    case inUse(directory: String)
    /// A later version of this program has written the file.
    case foreignVersion(file: String, version: UInt32)
    /// The segments take as much as they may, and none of them is confirmed as a whole.
    case full
    /// As many records as may wait for the disk.
    case queueFull
    /// A record may have 1 MiB.
    case recordTooLong(bytes: Int)
    /// The journal was closed.
    case closed
    /// A system call failed; `errorNumber` is its `errno`.
    case system(operation: String, errorNumber: Int32)

    /// The fault in words.
    public var description: String {
        switch self {
        case .inUse(let directory): "the directory \(directory) is in use by another process or journal"
        case .foreignVersion(let file, let version): "\(file) has format version \(version), which is not known here"
        case .full: "the journal is full"
        case .queueFull: "too many records wait for the disk"
        case .recordTooLong(let bytes): "a record of \(bytes) bytes is too long"
        case .closed: "the journal is closed"
        case .system(let operation, let errorNumber): "\(operation): \(String(cString: strerror(errorNumber)))"
        }
    }
}
