internal import DequeModule

/// The records that are not in a file yet, and those who wait for them.
///
/// A pure state machine: it reads no clock, writes nothing and resumes nobody. A record goes this way, and keeps its
/// place in the order all along:
///
///     (none) --offer--> queued --take--> being written --settle--> (none)
///
/// Its waiter is told of its end by whoever calls `settle`. When its deadline comes first it is told of that, once, by
/// whoever calls `expire`, and the record's end is a late one.
///
/// Every record has the same patience, so deadlines come in the order of records; no timer is needed for each.
struct AppendQueue<Waiter, Instant: InstantProtocol> where Instant.Duration == Duration {
    /// What ends for a record.
    enum End {
        /// Nobody waits for it.
        case unwatched
        case inTime(Waiter)
        /// The waiter's deadline came first.
        case late(Waiter)
    }

    fileprivate struct Place {
        let deadline: Instant
        let waiter: Waiter?
        let bytes: Int
    }

    /// What a record takes in memory besides its own bytes, roughly.
    static var overheadBytes: Int { 256 }

    /// The most bytes that may be queued or being written, with overhead.
    let maximumBytes: Int

    private var queued: [[UInt8]] = []
    /// One for each record that is being written or queued, in this order.
    private var places: Deque<Place> = []
    /// So many of the first places have nobody whose deadline is still to come.
    private var expiredCount = 0
    /// How many bytes are queued or being written, with overhead.
    private(set) var bytes = 0
    /// How many records were not queued.
    private(set) var refusedCount = 0
    /// Whether no further records are taken.
    private(set) var isClosed = false

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// How many records are queued or being written.
    var count: Int { places.count }

    /// Queues a record, with whoever waits for it.
    ///
    /// - Returns: Why it was not; nil when it is queued.
    mutating func offer(_ record: [UInt8], waiter: Waiter?, deadline: Instant) -> JournalError? {
        if let refusal = refusal(of: record) {
            refusedCount += 1
            return refusal
        }
        let size = record.count + Self.overheadBytes
        queued.append(record)
        places.append(Place(deadline: deadline, waiter: waiter, bytes: size))
        bytes += size
        return nil
    }

    private func refusal(of record: [UInt8]) -> JournalError? {
        if isClosed { return .closed }
        if record.count > RecordFormat.maximumPayloadBytes { return .recordTooLong(bytes: record.count) }
        if bytes + record.count + Self.overheadBytes > maximumBytes { return .queueFull }
        return nil
    }

    /// Hands out every queued record to be written; nil when there is none. What was handed out before is settled.
    mutating func take() -> [[UInt8]]? {
        guard !queued.isEmpty else { return nil }
        precondition(queued.count == places.count, "a batch is taken before the last one is settled")
        defer { queued = [] }
        return queued
    }

    /// The first records that are being written have come to their end.
    ///
    /// - Returns: For each of them what ends.
    mutating func settle(_ count: Int) -> [End] {
        var ends: [End] = []
        ends.reserveCapacity(count)
        for (index, place) in places.prefix(count).enumerated() {
            bytes -= place.bytes
            ends.append(place.waiter.map { index < expiredCount ? .late($0) : .inTime($0) } ?? .unwatched)
        }
        places.removeFirst(count)
        expiredCount = max(0, expiredCount - count)
        return ends
    }

    /// Time has passed.
    ///
    /// - Returns: Those whose deadline has come since.
    mutating func expire(now: Instant) -> [Waiter] {
        var expired: [Waiter] = []
        while expiredCount < places.count, places[expiredCount].deadline <= now {
            if let waiter = places[expiredCount].waiter { expired.append(waiter) }
            expiredCount += 1
        }
        return expired
    }

    /// When ``expire(now:)`` will have somebody to tell; nil while nobody waits.
    mutating func nextDeadline() -> Instant? {
        while expiredCount < places.count {
            if places[expiredCount].waiter != nil { return places[expiredCount].deadline }
            expiredCount += 1
        }
        return nil
    }

    /// No further records are taken; those that are queued are written.
    mutating func close() {
        isClosed = true
    }
}

extension AppendQueue: Sendable where Waiter: Sendable, Instant: Sendable {}
extension AppendQueue.End: Sendable where Waiter: Sendable {}
extension AppendQueue.End: Equatable where Waiter: Equatable {}
extension AppendQueue.Place: Sendable where Waiter: Sendable, Instant: Sendable {}
