internal import EventThread
internal import NIOConcurrencyHelpers

/// A queue of records on the disk: anybody appends, one task reads them back in order and confirms what it has
/// dealt with.
///
/// A record is in a file before its append ends, so a process that is killed loses nothing that was kept; what a loss of
/// power leaves is for ``JournalConfiguration/sync`` to say. After a start everything that is not confirmed is read
/// again, and so may be a record that was: whoever reads must not mind a record twice.
///
/// Records are bytes, up to 1 MiB each. The files, below ``JournalConfiguration/directory``:
///
/// - `00000000000000000042.journal`: a segment, which begins with record 42; see `RecordFormat` and `SegmentHeader`.
///   One process writes each segment, from its first byte to its last.
/// - `cursor`: the number of the first record that is not confirmed. Without it the oldest record is next.
/// - `lock`: locked with `flock(2)` while a journal is open.
/// - `*.corrupt`: a segment that is damaged, kept for whoever wants to see what can be saved.
///
/// Two threads serve it. One writes; the other reads, deletes and opens. So a disk that hangs holds up no task of the
/// program but those who wait for it: an append for ``JournalConfiguration/patience``, a read for as long as it takes.
///
/// A journal that is no longer referenced writes what is queued, and gives up its directory.
public final class Journal: Sendable {
    /// What was found when it was opened.
    public let recovery: JournalRecovery

    private let state: NIOLockedValueBox<JournalState>
    private let writer: JournalWriter
    private let reader: JournalReader

    /// Opens the journal in a directory, or begins one. Reads all that is in it: a second for each gigabyte or so.
    ///
    /// - Precondition: Sizes are above 0, and `maximumBytes` is not below `segmentBytes`.
    /// - Throws: ``JournalError/inUse(directory:)``, ``JournalError/foreignVersion(file:version:)``, or
    ///   ``JournalError/system(operation:errorNumber:)`` when the directory cannot be read and written.
    public static func open(_ configuration: JournalConfiguration) async throws(JournalError) -> Journal {
        try await open(configuration, disk: LinuxDisk())
    }

    static func open(
        _ configuration: JournalConfiguration,
        disk: any JournalDisk
    ) async throws(JournalError) -> Journal {
        let state = NIOLockedValueBox(
            JournalState(
                book: SegmentBook(maximumBytes: configuration.maximumBytes, segmentBytes: configuration.segmentBytes)
            )
        )
        let directory = JournalDirectory(path: configuration.directory, disk: disk)
        let reader = JournalReader(directory: directory, state: state, thread: try .start("journal-read"))
        let (recovery, lock) = try await reader.open(configuration)
        let segments = SegmentWriter(directory: directory, sync: configuration.sync, state: state, lock: lock)
        let writer = try JournalWriter(configuration, segments: segments, state: state)
        return Journal(recovery: recovery, state: state, writer: writer, reader: reader)
    }

    private init(
        recovery: JournalRecovery,
        state: NIOLockedValueBox<JournalState>,
        writer: JournalWriter,
        reader: JournalReader
    ) {
        self.recovery = recovery
        self.state = state
        self.writer = writer
        self.reader = reader
    }

    /// How long an append may wait for the disk.
    public var patience: Duration { writer.patience }

    /// How it is doing.
    public var status: JournalStatus {
        var status = JournalStatus()
        let oldest = state.withLockedValue { state in
            status.bytes = state.book.bytes
            status.segments = state.book.segments.count
            status.unconfirmedRecords = state.book.unconfirmedRecords
            status.counters = state.counters
            status.lastFailure = state.lastFailure
            return state.book.oldestUnconfirmed
        }
        status.oldestUnconfirmedAge = oldest.map { .milliseconds(max(0, WallClock.milliseconds - $0)) }
        writer.describe(&status)
        return status
    }

    // MARK: - Appending

    /// Appends a record, and tells when it is kept, or has waited for ``JournalConfiguration/patience``. What one caller
    /// appends is kept in its order.
    ///
    /// - Parameters:
    ///   - onEnd: Called once with the end of the append: on the thread that writes, so it must not wait; or on another
    ///     one, and maybe before this returns.
    ///   - onLateEnd: Called with the end of a record that was ``AppendResult/overtaken``, if the disk comes to one: kept
    ///     or refused. It is called on the thread that writes, and maybe before `onEnd` has been.
    public func append(
        _ record: [UInt8],
        onEnd: @escaping @Sendable (AppendResult) -> Void,
        onLateEnd: (@Sendable (AppendResult) -> Void)? = nil
    ) {
        writer.append(record, onEnd: onEnd, onLateEnd: onLateEnd)
    }

    /// Appends a record, and waits until it is kept, for ``JournalConfiguration/patience`` at the most.
    ///
    /// - Parameter onLateEnd: As of ``append(_:onEnd:onLateEnd:)``, and maybe called before the task goes on.
    public func append(
        _ record: [UInt8],
        onLateEnd: (@Sendable (AppendResult) -> Void)? = nil
    ) async -> AppendResult {
        await withCheckedContinuation { task in
            writer.append(record, onEnd: { task.resume(returning: $0) }, onLateEnd: onLateEnd)
        }
    }

    /// Appends records that nobody waits for. What is refused is counted, and that is all.
    public func enqueue(_ records: [[UInt8]]) {
        writer.enqueue(records)
    }

    // MARK: - Reading, for one task

    /// The next records, in order: at least one if there is any that can be read, and no more than are in one segment.
    ///
    /// - Parameters:
    ///   - maximumRecords: The most records to return, at least 1.
    ///   - maximumBytes: About how many bytes to return. A single record may have more.
    /// - Throws: ``JournalError/closed``, or ``JournalError/system(operation:errorNumber:)``; then the same records are
    ///   next. Damaged records are no error: they are passed over, and counted as lost.
    public func read(maximumRecords: Int, maximumBytes: Int) async throws(JournalError) -> JournalBatch {
        try await reader.read(maximumRecords: maximumRecords, maximumBytes: maximumBytes)
    }

    /// Waits until there is something to read.
    ///
    /// - Returns: False when the task is cancelled or the journal closed.
    public func waitUntilReadable() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let (answer, former) = state.withLockedValue { state -> (Bool?, CheckedContinuation<Bool, Never>?) in
                    if state.isClosed || Task.isCancelled { return (false, nil) }
                    if state.book.unread() != nil { return (true, nil) }
                    defer { state.reader = waiter }
                    return (nil, state.reader)
                }
                if let answer { waiter.resume(returning: answer) }
                // There is one reader, so this was left behind; it looks again.
                former?.resume(returning: true)
            }
        } onCancel: {
            state.withLockedValue { $0.reader.take() }?.resume(returning: false)
        }
    }

    /// Everything before this place is dealt with: it is not read again, and whole segments of it are deleted.
    ///
    /// A failure of the disk here is in ``status``; it costs no more than that records are read again by a later run.
    public func confirm(upTo position: JournalPosition) async {
        await reader.confirm(upTo: position)
    }

    /// The next to be read is the first record that is not confirmed.
    public func rewind() {
        let waiting = state.withLockedValue { state in
            state.book.rewind()
            return state.reader.take()
        }
        // It looks again.
        waiting?.resume(returning: true)
    }

    // MARK: - Closing

    /// Takes no further records, writes those that are queued, and gives up the directory. Nothing is read or confirmed
    /// afterwards.
    ///
    /// - Parameter patience: How long to wait for the disk.
    /// - Returns: False when the disk was not done in time. What is queued is written if it recovers, and only then the
    ///   directory is given up.
    @discardableResult
    public func close(within patience: Duration = .seconds(5)) async -> Bool {
        let isWritten = await writer.close(within: patience)
        let waiting = state.withLockedValue { state in
            state.isClosed = true
            return state.reader.take()
        }
        waiting?.resume(returning: false)
        await reader.close()
        return isWritten
    }
}
