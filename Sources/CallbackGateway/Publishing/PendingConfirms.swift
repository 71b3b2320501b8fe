internal import DecisionCore
internal import NIOCore

/// The messages that wait for the broker's confirm.
///
/// A pure state machine: it reads no clock, publishes nothing and resumes nobody. Each message has exactly one end,
/// because only the method that finds it waiting is handed its waiter:
///
///     (none) --register--> waiting --settle--> (none)
///                             '----expire----> (none)
///
/// A message may be published several times while it waits, once over each connection, and whatever is said first of any
/// of them is its end. What is said after that finds nobody: whoever sent it has been told so, and the stream may
/// have it twice.
///
/// Every message has the same budget, so deadlines come in the order of registration and a queue holds them; no timer is
/// needed for each.
struct PendingConfirms<Message, Waiter, Instant: InstantProtocol> where Instant.Duration == Duration {
    fileprivate struct Entry {
        var message: Message
        var waiter: Waiter
        var size: Int
        /// Whether it has to be published again.
        var isOwed = false
    }

    /// The most messages that may wait at once.
    let maximumWaiting: Int
    /// The most bytes that they may have together; a message that is larger may wait alone.
    let maximumSize: Int

    /// How many bytes wait.
    private(set) var waitingSize = 0
    private var entries: [EventID: Entry] = [:]
    private var deadlines = CircularBuffer<(deadline: Instant, id: EventID)>()

    init(maximumWaiting: Int, maximumSize: Int) {
        self.maximumWaiting = maximumWaiting
        self.maximumSize = maximumSize
    }

    /// How many messages wait.
    var waitingCount: Int { entries.count }

    /// Begins with a message, before it is published.
    ///
    /// - Parameter size: How many bytes it keeps in memory, 0 or more.
    /// - Returns: False when as many wait as may, or as many bytes; nothing has begun then.
    mutating func register(
        _ id: EventID,
        message: Message,
        size: Int,
        waiter: Waiter,
        deadline: Instant
    ) -> Bool {
        guard waitingCount < maximumWaiting, entries.isEmpty || size <= maximumSize - waitingSize else { return false }
        precondition(entries[id] == nil, "an event id is used twice")
        entries[id] = Entry(message: message, waiter: waiter, size: size)
        waitingSize += size
        deadlines.append((deadline, id))
        return true
    }

    /// The broker has said what becomes of a message; nil when it does not wait any more.
    mutating func settle(_ id: EventID) -> Waiter? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        waitingSize -= entry.size
        return entry.waiter
    }

    /// Time has passed: ends every message whose deadline has come.
    mutating func expire(now: Instant) -> [Waiter] {
        var expired: [Waiter] = []
        while let first = deadlines.first, first.deadline <= now {
            deadlines.removeFirst()
            if let waiter = settle(first.id) { expired.append(waiter) }
        }
        return expired
    }

    /// When ``expire(now:)`` will have a message to end; nil while none waits.
    mutating func nextDeadline() -> Instant? {
        while let first = deadlines.first {
            if entries[first.id] != nil { return first.deadline }
            deadlines.removeFirst()
        }
        return nil
    }

    /// A message was not published, or in vain, and goes on waiting.
    ///
    /// - Returns: Whether it waits at all.
    @discardableResult
    mutating func owe(_ id: EventID) -> Bool {
        entries[id]?.isOwed = true
        return entries[id] != nil
    }

    /// The messages that have to be published again, in the order of registration; they no longer have to.
    mutating func takeOwed() -> [(id: EventID, message: Message)] {
        deadlines.compactMap { item in
            guard let entry = entries[item.id], entry.isOwed else { return nil }
            entries[item.id]?.isOwed = false
            return (item.id, entry.message)
        }
    }

    /// Every message that waits, in the order of registration; all of them are published anew.
    mutating func takeWaiting() -> [(id: EventID, message: Message)] {
        for id in entries.keys { entries[id]?.isOwed = true }
        return takeOwed()
    }

    /// Ends every message that waits.
    mutating func end() -> [Waiter] {
        defer {
            entries.removeAll()
            waitingSize = 0
            deadlines.removeAll()
        }
        return deadlines.compactMap { entries[$0.id]?.waiter }
    }
}

extension PendingConfirms: Sendable where Message: Sendable, Waiter: Sendable {}
extension PendingConfirms.Entry: Sendable where Message: Sendable, Waiter: Sendable {}
