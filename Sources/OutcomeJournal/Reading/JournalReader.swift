internal import EventThread
internal import Glibc
internal import NIOConcurrencyHelpers

/// Reads records back, and deletes what is confirmed. An actor on a thread of its own: the page cache has what was just
/// written, but after a long outage it may not, and then only the one who reads waits for the disk.
actor JournalReader {
    private struct Source {
        let first: UInt64
        let file: OpenFile
    }

    nonisolated private let thread: EventThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let directory: JournalDirectory
    private let state: NIOLockedValueBox<JournalState>
    /// Keeps the directory for as long as something may be deleted from it.
    private var lock: OpenFile?
    private var cursor: OpenFile?
    private var source: Source?
    private var buffer: [UInt8] = []

    init(
        directory: JournalDirectory,
        state: NIOLockedValueBox<JournalState>,
        thread: EventThread
    ) {
        self.directory = directory
        self.state = state
        self.thread = thread
    }

    /// Takes the directory, and finds out what is in it.
    ///
    /// - Returns: What was found, and the lock, which the writer needs too.
    func open(
        _ configuration: JournalConfiguration
    ) throws(JournalError) -> (recovery: JournalRecovery, lock: OpenFile) {
        let lock = try directory.lock()
        let opening = try JournalOpening(directory, configuration: configuration)
        state.withLockedValue { state in
            state.book = opening.book
            state.counters.cutBytes = opening.recovery.cutBytes
        }
        self.lock = lock
        return (opening.recovery, lock)
    }

    // MARK: - Reading

    /// The next records, from one segment.
    func read(maximumRecords: Int, maximumBytes: Int) throws(JournalError) -> JournalBatch {
        while true {
            guard lock != nil else { throw .closed }
            guard let (start, end) = state.withLockedValue({ $0.book.unread() }) else {
                return JournalBatch(records: [], end: state.withLockedValue { $0.book.read })
            }
            let batch = try read(from: start, to: end, maximumRecords: max(maximumRecords, 1), maximumBytes)
            if let batch {
                state.withLockedValue { $0.book.advanceRead(from: start, to: batch.end) }
                return batch
            }
            state.withLockedValue { state in
                let lost = state.book.passDamage(from: start, to: end)
                state.counters.lost += Int(lost)
            }
        }
    }

    /// - Returns: At least one record; nil when the next one is damaged.
    private func read(
        from start: JournalPosition,
        to end: JournalPosition,
        maximumRecords: Int,
        _ maximumBytes: Int
    ) throws(JournalError) -> JournalBatch? {
        let available = end.offset - start.offset
        let wanted = max(maximumBytes, RecordFormat.headerBytes)
        var count = try fill(min(available, wanted), from: start)
        if case .incomplete(let needed) = find(at: 0, of: count), needed <= available {
            count = try fill(needed, from: start)
            // Then the header was read, and now the record.
            if case .incomplete(let needed) = find(at: 0, of: count), needed <= available {
                count = try fill(needed, from: start)
            }
        }
        var batch = JournalBatch(records: [], end: start)
        var offset = 0
        while batch.records.count < maximumRecords, case .record(let payload, _) = find(at: offset, of: count) {
            batch.records.append(Array(buffer[payload]))
            batch.end = batch.end.after(payloadBytes: payload.count)
            offset = payload.upperBound
        }
        batch.hasMore = batch.end.offset < end.offset
        return batch.records.isEmpty ? nil : batch
    }

    private func find(at offset: Int, of count: Int) -> RecordFormat.Finding {
        buffer.withUnsafeBytes { RecordFormat.find(in: UnsafeRawBufferPointer(rebasing: $0[..<count]), at: offset) }
    }

    /// Reads into the buffer; fewer bytes than wanted only when the file has no more.
    private func fill(_ wanted: Int, from place: JournalPosition) throws(JournalError) -> Int {
        guard let file = try open(place.segment) else { return 0 }
        if buffer.count < wanted { buffer = [UInt8](repeating: 0, count: wanted) }
        var filled = 0
        while filled < wanted {
            let range = filled..<wanted
            let got = try buffer.withBytes(in: range) { bytes throws(JournalError) in
                try directory.disk.read(into: bytes, from: file, at: place.offset + range.lowerBound)
            }
            if got == 0 { break }
            filled += got
        }
        return filled
    }

    /// - Returns: Nil when somebody has deleted the file.
    private func open(_ first: UInt64) throws(JournalError) -> OpenFile? {
        if let source, source.first == first { return source.file }
        source = nil
        do throws(JournalError) {
            let file = try directory.disk.open(directory.segmentPath(first), O_RDONLY)
            source = Source(first: first, file: file)
            return file
        } catch .system(_, ENOENT) {
            return nil
        }
    }

    // MARK: - Confirming

    /// Everything before this place is published: remembers it, and deletes segments of which nothing is needed.
    func confirm(upTo position: JournalPosition) {
        guard lock != nil else { return }
        let leftovers = state.withLockedValue { state -> [SegmentBook.Leftover]? in
            guard state.book.confirmed < position else { return nil }
            let before = state.book.unconfirmedRecords
            let leftovers = state.book.confirm(upTo: position)
            state.counters.confirmed += before - state.book.unconfirmedRecords
            return leftovers
        }
        guard let leftovers else { return }
        attempt { () throws(JournalError) in try writeCursor(position.sequence) }
        for leftover in leftovers {
            if source?.first == leftover.first { source = nil }
            attempt { () throws(JournalError) in try directory.discard(leftover) }
        }
    }

    /// A failure here does no more harm than that records are published again, or that a file is deleted later: when
    /// the journal is next opened.
    private func attempt(_ body: () throws(JournalError) -> Void) {
        do throws(JournalError) { try body() } catch { state.withLockedValue { $0.lastFailure = error } }
    }

    private func writeCursor(_ sequence: UInt64) throws(JournalError) {
        let file: OpenFile
        if let cursor {
            file = cursor
        } else {
            file = try directory.disk.open(directory.cursorPath, O_WRONLY | O_CREAT)
        }
        cursor = file
        try CursorFormat.bytes(for: sequence).withBytes { bytes throws(JournalError) in
            // It is read only when it is whole, so what a short write leaves is no cursor.
            _ = try directory.disk.write(bytes, to: file, at: 0)
        }
    }

    /// Nothing more is read or confirmed.
    func close() {
        lock = nil
        cursor = nil
        source = nil
        buffer = []
    }
}
