internal import DecisionCore

/// Which days of the outcomes table are known to be there.
///
/// A day is prepared when its first outcome comes, should nobody have prepared it ahead: a gateway may bring what was
/// answered many days ago.
struct OutcomePartitions {
    private var known: Set<Timestamp> = []

    /// The days of these events that are not known to be there, each as its beginning in UTC, in order.
    func missing(for events: some Sequence<EventID>) -> [Timestamp] {
        Set(events.lazy.map(\.day)).subtracting(known).sorted()
    }

    /// This day is there.
    mutating func prepared(_ day: Timestamp) {
        known.insert(day)
    }

    /// Some days may be gone.
    mutating func pruned() {
        known.removeAll()
    }
}

extension EventID {
    /// The beginning of the UTC day that it was made on.
    var day: Timestamp {
        let milliseconds = timestamp.millisecondsSinceEpoch
        return Timestamp(millisecondsSinceEpoch: milliseconds - milliseconds % 86_400_000)
    }
}
