internal import Glibc
internal import NIOConcurrencyHelpers

/// Writes records into segments, and mends what a failing disk leaves behind. Blocks on the disk.
struct SegmentWriter {
    /// What became of the first of the records that were not settled yet.
    enum Settlement {
        /// They are kept; the place is the one before them.
        case kept(after: JournalPosition)
        case refused(JournalError)
    }

    private struct Newest {
        let file: OpenFile
        let first: UInt64
        /// Up to here it is in the book.
        var bytes: Int
    }

    private let directory: JournalDirectory
    private let sync: JournalSync
    private let state: NIOLockedValueBox<JournalState>
    /// Keeps the directory for as long as something may be written into it.
    private var lock: OpenFile?
    private var newest: Newest?
    private var buffer: [UInt8] = []
    /// How much of the buffer is in the file.
    private var written = 0

    init(
        directory: JournalDirectory,
        sync: JournalSync,
        state: NIOLockedValueBox<JournalState>,
        lock: OpenFile
    ) {
        self.directory = directory
        self.sync = sync
        self.state = state
        self.lock = lock
    }

    /// Writes records, one write and one sync for all that go into one file.
    ///
    /// - Parameters:
    ///   - records: At least one.
    ///   - time: When, in milliseconds since 1970.
    ///   - settle: Called with the number of records that have come to their end, in order, until all have.
    mutating func write(_ records: [[UInt8]], time: Int64, settle: (Int, Settlement) -> Void) {
        var rest = records[...]
        while !rest.isEmpty {
            // Planning looks at no more records than go into one segment.
            let candidates = sync == .always ? rest.prefix(1) : rest
            switch state.withLockedValue({ $0.book.plan(candidates.lazy.map(\.count)) }) {
            case .full where makeSpace(): continue
            case .full:
                settle(1, .refused(.full))
                rest.removeFirst()
            case .write(let count, let bytes, let beginsSegment):
                do throws(JournalError) {
                    try write(rest.prefix(count), time: time, beginsSegment: beginsSegment)
                } catch {
                    // What the broker has need not take up the room that is missing.
                    if error.isLackOfSpace, makeSpace() { continue }
                    // Whatever it was, it is tried again with the next records only, not once for each of these.
                    state.withLockedValue { $0.lastFailure = error }
                    return settle(rest.count, .refused(error))
                }
                let start = state.withLockedValue { state in
                    state.counters.appended += count
                    return state.book.wrote(count: count, bytes: bytes, beginsSegment: beginsSegment, time: time)
                }
                newest?.bytes += bytes
                settle(count, .kept(after: start))
                rest.removeFirst(count)
            }
        }
        // After a long wait for the disk the buffer is as large as a segment.
        if buffer.capacity > 4 << 20 { buffer = [] }
    }

    /// Nothing more is written.
    mutating func finish() {
        newest = nil
        lock = nil
    }

    /// Gives up the newest segment if everything in it is confirmed.
    ///
    /// - Returns: Whether there was one with anything in it.
    private func makeSpace() -> Bool {
        let leftovers = state.withLockedValue { $0.book.sealIfConfirmed() }
        for leftover in leftovers {
            do throws(JournalError) {
                // It may still be open for reading, and would have its room until that is over.
                if !leftover.isDamaged { try directory.empty(leftover.first) }
                try directory.discard(leftover)
            } catch {
                state.withLockedValue { $0.lastFailure = error }
            }
        }
        return !leftovers.isEmpty
    }

    private mutating func write(
        _ records: ArraySlice<[UInt8]>,
        time: Int64,
        beginsSegment: Bool
    ) throws(JournalError) {
        buffer.removeAll(keepingCapacity: true)
        written = 0
        if beginsSegment { try begin(time: time) }
        for record in records { RecordFormat.append(record, time: time, to: &buffer) }
        guard let newest else { preconditionFailure("records are planned into a segment that is not open") }
        do throws(JournalError) {
            try writeBuffer(to: newest.file)
        } catch {
            cut(newest, isInDoubt: !error.isLackOfSpace)
            throw error
        }
        guard sync != .none else { return }
        do throws(JournalError) {
            state.withLockedValue { $0.counters.syncs += 1 }
            try directory.disk.syncData(newest.file)
            if beginsSegment { try directory.disk.syncDirectory(directory.path) }
        } catch {
            // The kernel may have dropped the pages and taken them for written, so the file is not to be trusted.
            cut(newest, isInDoubt: true)
            throw error
        }
    }

    private mutating func begin(time: Int64) throws(JournalError) {
        newest = nil
        let first = state.withLockedValue { state in
            // Even if no new one can be made: the file is closed.
            state.book.seal()
            return state.book.next
        }
        let path = directory.segmentPath(first)
        let flags = O_RDWR | O_CREAT | O_EXCL | O_APPEND
        let file: OpenFile
        do throws(JournalError) {
            file = try directory.disk.open(path, flags)
        } catch .system(_, EEXIST) {
            // It was begun before and could not be removed then. None of its records was kept.
            try directory.disk.remove(path)
            file = try directory.disk.open(path, flags)
        }
        newest = Newest(file: file, first: first, bytes: 0)
        SegmentHeader(first: first, time: time).append(to: &buffer)
    }

    private mutating func writeBuffer(to file: OpenFile) throws(JournalError) {
        state.withLockedValue { $0.counters.writes += 1 }
        while written < buffer.count {
            let rest = written
            written += try buffer.withBytes { bytes throws(JournalError) in
                try directory.disk.write(UnsafeRawBufferPointer(rebasing: bytes[rest...]), to: file)
            }
        }
    }

    /// Takes back what was written in vain. Where that fails too, the bytes stay behind the last record of a segment
    /// that takes no further ones, and a later opening knows them by the number of the segment after it.
    private mutating func cut(_ newest: Newest, isInDoubt: Bool) {
        var isCut = false
        do throws(JournalError) {
            if newest.bytes == 0 {
                try directory.disk.remove(directory.segmentPath(newest.first))
            } else {
                try directory.disk.truncate(newest.file, to: newest.bytes)
                isCut = true
            }
        } catch {}
        state.withLockedValue { state in
            state.counters.cutBytes += written
            if isInDoubt || !isCut { state.book.seal() }
        }
        if isInDoubt || !isCut { self.newest = nil }
    }
}

extension JournalError {
    fileprivate var isLackOfSpace: Bool {
        if case .system(_, let errorNumber) = self { [ENOSPC, EDQUOT].contains(errorNumber) } else { false }
    }
}
