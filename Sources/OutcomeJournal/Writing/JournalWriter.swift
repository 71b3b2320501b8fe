internal import EventThread
internal import NIOConcurrencyHelpers

/// Takes records from anybody, and writes them on a thread of its own, all that wait at once.
///
/// While the disk is busy with some records, others queue; so the more there are, the fewer writes and syncs each costs.
/// The thread does nothing else, because it may hang for as long as the disk does.
final class JournalWriter: EventSource {
    private struct Waiter: Sendable {
        let onEnd: @Sendable (AppendResult) -> Void
        let onLateEnd: (@Sendable (AppendResult) -> Void)?
    }

    private typealias Queue = AppendQueue<Waiter, ContinuousClock.Instant>

    private struct Backlog: Sendable {
        var queue: Queue
        var overtaken = 0
        /// The writer itself, while the thread has something to do: records outlive whoever handed them in.
        var busy: JournalWriter?
        /// Whether a task watches the deadlines.
        var isWatched = false
        /// Those who wait until everything is written.
        var closers: [Int: CheckedContinuation<Bool, Never>] = [:]
        var closerCount = 0
    }

    let patience: Duration
    private let thread: EventThread
    private let state: NIOLockedValueBox<JournalState>
    private let backlog: NIOLockedValueBox<Backlog>
    /// Used on the thread only, so the lock is never contended.
    private let segments: NIOLockedValueBox<SegmentWriter>

    init(
        _ configuration: JournalConfiguration,
        segments: SegmentWriter,
        state: NIOLockedValueBox<JournalState>
    ) throws(JournalError) {
        patience = configuration.patience
        thread = try .start("journal-write")
        self.state = state
        backlog = NIOLockedValueBox(Backlog(queue: Queue(maximumBytes: configuration.maximumQueuedBytes)))
        self.segments = NIOLockedValueBox(segments)
        thread.attach(self)
    }

    // MARK: - Appending

    func append(
        _ record: [UInt8],
        onEnd: @escaping @Sendable (AppendResult) -> Void,
        onLateEnd: (@Sendable (AppendResult) -> Void)?
    ) {
        let waiter = Waiter(onEnd: onEnd, onLateEnd: onLateEnd)
        let deadline = ContinuousClock.now + patience
        let (refusal, mustWatch) = offer { $0.offer(record, waiter: waiter, deadline: deadline) }
        if let refusal { onEnd(.refused(refusal)) }
        // One task for all waits, and none while nobody waits.
        if mustWatch { Task { await watchDeadlines() } }
    }

    func enqueue(_ records: [[UInt8]]) {
        let deadline = ContinuousClock.now + patience
        _ = offer { queue in
            for record in records { _ = queue.offer(record, waiter: nil, deadline: deadline) }
            return nil
        }
    }

    private func offer(
        _ body: (inout Queue) -> JournalError?
    ) -> (refusal: JournalError?, mustWatch: Bool) {
        let (refusal, mustWake, mustWatch) = backlog.withLockedValue { backlog in
            let refusal = body(&backlog.queue)
            // A busy thread looks for more by itself.
            let mustWake = backlog.busy == nil && backlog.queue.count > 0
            if mustWake { backlog.busy = self }
            let mustWatch = !backlog.isWatched && backlog.queue.nextDeadline() != nil
            if mustWatch { backlog.isWatched = true }
            return (refusal, mustWake, mustWatch)
        }
        if mustWake { thread.wake() }
        return (refusal, mustWatch)
    }

    private func watchDeadlines() async {
        while let deadline = nextDeadline() {
            try? await Task.sleep(until: deadline, tolerance: .zero, clock: .continuous)
            let expired = backlog.withLockedValue { backlog in
                let expired = backlog.queue.expire(now: .now)
                backlog.overtaken += expired.count
                return expired
            }
            for waiter in expired { waiter.onEnd(.overtaken) }
        }
    }

    private func nextDeadline() -> ContinuousClock.Instant? {
        backlog.withLockedValue { backlog in
            let deadline = backlog.queue.nextDeadline()
            backlog.isWatched = deadline != nil
            return deadline
        }
    }

    // MARK: - Writing

    /// Writes everything that is queued, and what is queued meanwhile.
    func service() -> EventInterest {
        while let records = take() { write(records) }
        return .none
    }

    private func take() -> [[UInt8]]? {
        // The last reference to the writer may be the one in the backlog, and must not end under its lock.
        let (records, isFinished, _) = backlog.withLockedValue { backlog in
            let records = backlog.queue.take()
            let wasBusy = records == nil ? backlog.busy.take() : nil
            return (records, records == nil && backlog.queue.isClosed, wasBusy)
        }
        if isFinished {
            segments.withLockedValue { $0.finish() }
            let closers = backlog.withLockedValue { backlog in
                defer { backlog.closers = [:] }
                return backlog.closers.values
            }
            for closer in closers { closer.resume(returning: true) }
        }
        return records
    }

    private func write(_ records: [[UInt8]]) {
        var rest = records[...]
        segments.withLockedValue { segments in
            segments.write(records, time: WallClock.milliseconds) { count, settlement in
                let ends = backlog.withLockedValue { $0.queue.settle(count) }
                switch settlement {
                case .kept(var place):
                    for (record, end) in zip(rest, ends) {
                        place = place.after(payloadBytes: record.count)
                        Self.tell(end, .kept(place))
                    }
                    state.withLockedValue { $0.reader.take() }?.resume(returning: true)
                case .refused(let error):
                    state.withLockedValue { $0.counters.refused += count }
                    for end in ends { Self.tell(end, .refused(error)) }
                }
                rest.removeFirst(count)
            }
        }
    }

    private static func tell(_ end: Queue.End, _ result: AppendResult) {
        switch end {
        case .unwatched: break
        case .inTime(let waiter): waiter.onEnd(result)
        case .late(let waiter): waiter.onLateEnd?(result)
        }
    }

    // MARK: - Closing

    /// Takes no further records, and writes those that wait.
    ///
    /// - Returns: False when the disk was not done in time.
    func close(within patience: Duration) async -> Bool {
        await withCheckedContinuation { closer in
            let id = backlog.withLockedValue { backlog in
                backlog.queue.close()
                backlog.busy = self
                backlog.closerCount += 1
                backlog.closers[backlog.closerCount] = closer
                return backlog.closerCount
            }
            thread.wake()
            Task { [weak self] in
                try? await Task.sleep(for: patience)
                self?.giveUp(id)
            }
        }
    }

    private func giveUp(_ id: Int) {
        backlog.withLockedValue { $0.closers.removeValue(forKey: id) }?.resume(returning: false)
    }

    // MARK: - Telling

    /// Adds what is known here.
    func describe(_ status: inout JournalStatus) {
        backlog.withLockedValue { backlog in
            status.queuedRecords = backlog.queue.count
            status.queuedBytes = backlog.queue.bytes
            status.counters.refused += backlog.queue.refusedCount
            status.counters.overtaken = backlog.overtaken
        }
    }
}

extension EventThread {
    /// Starts a thread, with this module's error when it cannot.
    static func start(_ name: String) throws(JournalError) -> EventThread {
        do throws(EventThreadError) {
            return try EventThread(name: name)
        } catch {
            throw .system(operation: error.operation, errorNumber: error.errorNumber)
        }
    }
}
