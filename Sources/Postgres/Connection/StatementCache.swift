/// The prepared statements of one session by their SQL, the least recently used first to go.
///
/// Names are never used twice, so a statement that outlives its entry is in nobody's way.
package struct StatementCache: Sendable {
    private struct Entry {
        let statement: String
        var lastUse: UInt64
    }

    private let limit: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    package init(limit: Int) {
        self.limit = limit
    }

    package var count: Int { entries.count }

    /// The statement prepared for the SQL.
    package mutating func statement(for sql: String) -> String? {
        uses += 1
        // One look-up for both.
        return { entry in
            entry?.lastUse = uses
            return entry?.statement
        }(&entries[sql])
    }

    /// A name for a statement to be prepared.
    package mutating func makeName() -> String {
        names += 1
        return "s\(names)"
    }

    /// The server has prepared the statement.
    package mutating func insert(_ statement: String, for sql: String) {
        uses += 1
        entries[sql] = Entry(statement: statement, lastUse: uses)
    }

    /// Makes room for `additions` statements and returns those to drop on the server. What was used at `pinned` or
    /// later stays.
    package mutating func evict(for additions: Int, pinned: UInt64) -> [String] {
        let excess = entries.count + additions - limit
        guard excess > 0 else { return [] }
        let candidates = entries.filter { $0.value.lastUse < pinned }.sorted { $0.value.lastUse < $1.value.lastUse }
        return candidates.prefix(excess).map { sql, entry in
            entries[sql] = nil
            return entry.statement
        }
    }

    /// Marks the time that `evict` compares with.
    package var now: UInt64 { uses + 1 }

    /// Forgets all statements: the server has none of them any more, or may not.
    package mutating func removeAll() {
        entries.removeAll()
    }
}
