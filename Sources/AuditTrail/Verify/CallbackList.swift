internal import DecisionCore

/// The callbacks of the stream, in the order of their ids and each once: 24 bytes for each, because there may be millions.
struct CallbackList: Sendable {
    private struct Entry: Sendable {
        var id: EventID
        /// Where its run stands; none for a message that names none.
        var run: Int32
    }

    private var entries: [Entry] = []
    private var runs: [GatewayRun] = []
    private var places: [GatewayRun: Int32] = [:]
    /// How many came more than once, as after a connection that was lost before the broker's confirm.
    private(set) var repeated = 0

    /// How many there are.
    var count: Int { entries.count }

    /// A callback of the stream, in the order of the stream.
    mutating func append(_ id: EventID, run: GatewayRun?) {
        entries.append(Entry(id: id, run: run.map { place(of: $0) } ?? -1))
    }

    /// The callback at a place, once they are in order.
    subscript(index: Int) -> (id: EventID, run: GatewayRun?) {
        let entry = entries[index]
        return (entry.id, entry.run < 0 ? nil : runs[Int(entry.run)])
    }

    /// Puts them in order, and leaves out what came before.
    mutating func sort() {
        entries.sort { $0.id < $1.id }
        var kept = 0
        for entry in entries {
            if kept > 0, entries[kept - 1].id == entry.id {
                repeated += 1
            } else {
                entries[kept] = entry
                kept += 1
            }
        }
        entries.removeLast(entries.count - kept)
    }

    private mutating func place(of run: GatewayRun) -> Int32 {
        if let place = places[run] { return place }
        let place = Int32(runs.count)
        runs.append(run)
        places[run] = place
        return place
    }
}
