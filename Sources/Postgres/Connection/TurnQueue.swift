internal import DequeModule

/// Whose turn it is on a connection: one request at a time, first come first served, except that while a transaction
/// is open only its own requests get a turn.
package struct TurnQueue: Sendable {
    private struct Entry {
        let id: UInt64
        /// The transaction that the request was made in.
        let owner: UInt64?
        /// The transaction that begins with this turn.
        let opens: UInt64?
    }

    private var entries: Deque<Entry> = []
    private var isTaken = false
    /// The transaction that has the connection for itself.
    package private(set) var transaction: UInt64?

    package init() {}

    /// A request came.
    package mutating func enqueue(_ id: UInt64, owner: UInt64?, opens: UInt64? = nil) {
        entries.append(Entry(id: id, owner: owner, opens: opens))
    }

    /// Gives the turn to the first request that may have it.
    package mutating func next() -> UInt64? {
        guard !isTaken else { return nil }
        let index =
            if let transaction { entries.firstIndex { $0.owner == transaction } } else { entries.indices.first }
        guard let index else { return nil }
        let entry = entries.remove(at: index)
        isTaken = true
        if let opened = entry.opens { transaction = opened }
        return entry.id
    }

    /// The request that had the turn is done.
    package mutating func finished() {
        isTaken = false
    }

    /// A request is withdrawn. False if it has had its turn.
    package mutating func withdraw(_ id: UInt64) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        entries.remove(at: index)
        return true
    }

    /// The transaction is over. One that is not open is over already.
    package mutating func close(transaction: UInt64) {
        if self.transaction == transaction { self.transaction = nil }
    }

    /// Withdraws all requests.
    package mutating func removeAll() {
        entries.removeAll()
    }
}
