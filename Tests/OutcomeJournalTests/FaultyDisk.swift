import Glibc
import NIOConcurrencyHelpers

@testable import OutcomeJournal

/// A disk that fails and hangs on demand.
final class FaultyDisk: JournalDisk {
    enum Operation: Hashable {
        case open, write, read, syncData, syncDirectory, truncate, remove, rename
    }

    private struct Script {
        var failures: [Operation: Int32] = [:]
        /// How many bytes may still be written; then there is a failure.
        var room: Int?
        var calls: [Operation: Int] = [:]
    }

    private let disk = LinuxDisk()
    private let script = NIOLockedValueBox(Script())
    /// 1 while writes may go on.
    private let gate = ConditionLock(value: 1)

    /// From now on the operation fails with this error; nil: it works again.
    func fail(_ operation: Operation, with errorNumber: Int32?) {
        script.withLockedValue { $0.failures[operation] = errorNumber }
    }

    /// Writes this many bytes more, the last write in part, before the failure of writes, and as many again as are
    /// cut off; nil: no limit.
    func setRoom(_ room: Int?) {
        script.withLockedValue { $0.room = room }
    }

    /// From now on writes and syncs wait.
    func hang() {
        gate.lock()
        gate.unlock(withValue: 0)
    }

    func goOn() {
        gate.lock()
        gate.unlock(withValue: 1)
    }

    func calls(of operation: Operation) -> Int {
        script.withLockedValue { $0.calls[operation, default: 0] }
    }

    private func begin(_ operation: Operation) throws(JournalError) {
        let failure = script.withLockedValue { script in
            script.calls[operation, default: 0] += 1
            if operation == .write, script.room.map({ $0 > 0 }) ?? false { return Int32?.none }
            return script.failures[operation]
        }
        if operation == .write || operation == .syncData {
            gate.lock(whenValue: 1)
            gate.unlock()
        }
        if let failure { throw .system(operation: "\(operation)", errorNumber: failure) }
    }

    func open(_ path: String, _ flags: Int32) throws(JournalError) -> OpenFile {
        // Only the making of segments fails.
        if flags & O_EXCL != 0 { try begin(.open) }
        return try disk.open(path, flags)
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(JournalError) -> Int {
        try begin(.write)
        let count = script.withLockedValue { script in
            let count = min(bytes.count, script.room ?? bytes.count)
            script.room = script.room.map { $0 - count }
            return count
        }
        return try disk.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: file)
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(JournalError) -> Int {
        try disk.write(bytes, to: file, at: offset)
    }

    func read(into bytes: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int) throws(JournalError)
        -> Int
    {
        try begin(.read)
        return try disk.read(into: bytes, from: file, at: offset)
    }

    func syncData(_ file: OpenFile) throws(JournalError) {
        try begin(.syncData)
        try disk.syncData(file)
    }

    func syncDirectory(_ path: String) throws(JournalError) {
        try begin(.syncDirectory)
        try disk.syncDirectory(path)
    }

    func truncate(_ file: OpenFile, to count: Int) throws(JournalError) {
        try begin(.truncate)
        var status = stat()
        let size = fstat(file.descriptor, &status) == 0 ? Int(status.st_size) : 0
        try disk.truncate(file, to: count)
        // Not where a file is removed: others may have it open.
        script.withLockedValue { $0.room = $0.room.map { $0 + size - count } }
    }

    func remove(_ path: String) throws(JournalError) {
        try begin(.remove)
        try disk.remove(path)
    }

    func rename(_ path: String, to newPath: String) throws(JournalError) {
        try begin(.rename)
        try disk.rename(path, to: newPath)
    }
}
