internal import DecisionCore
internal import DequeModule
internal import Wire

/// The events that a worker has replied to last, for the case that a reply comes back: a reply does not say what was
/// asked.
///
/// A pure value. A reply comes back within milliseconds, so a few batches are enough.
struct RepliedEvents {
    /// The most events; the last batch is kept whole.
    let limit: Int
    private var batches: Deque<[EventRequest]> = []
    private(set) var count = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// These are being replied to.
    mutating func replied(to requests: [EventRequest]) {
        guard !requests.isEmpty else { return }
        batches.append(requests)
        count += requests.count
        while count > limit, batches.count > 1 { count -= batches.removeFirst().count }
    }

    /// The events with these ids, as far as they are remembered.
    func events(_ ids: some Sequence<EventID>) -> [EventID: StreamEvent] {
        var wanted = Set(ids)
        var found: [EventID: StreamEvent] = [:]
        for batch in batches.reversed() {
            if wanted.isEmpty { break }
            for request in batch where wanted.remove(request.event.id) != nil {
                found[request.event.id] = request.event
            }
        }
        return found
    }
}
