internal import DecisionCore

/// Which replayed events are on their way, and when the next may be sent.
///
/// A pure value, of events that are told from one another by their ids and carry something with them.
struct ReplayFlight<Passenger: Sendable, Instant: InstantProtocol & Sendable>: Sendable
where Instant.Duration == Duration {
    /// Whether an event may be sent.
    enum Turn: Sendable, Equatable {
        /// Now.
        case now
        /// Not before this moment.
        case at(Instant)
        /// Only when one that is on its way has ended.
        case whenOneEnds
    }

    private struct Flying: Sendable {
        var passenger: Passenger
        var sentAt: Instant
    }

    /// The time between two events.
    private let interval: Duration
    /// How many may be on their way at once.
    private let capacity: Int
    /// How long the reply of one may take.
    private let patience: Duration
    private var next: Instant
    private var flying: [EventID: Flying] = [:]
    /// In the order in which they were sent, which is that of their ends; those that have ended are passed over.
    private var order: [EventID] = []
    private var passed = 0

    /// - Parameters:
    ///   - rate: How many events a second may be sent.
    ///   - capacity: How many may be on their way at once.
    ///   - patience: How long the reply of one may take.
    ///   - now: When it begins.
    init(rate: Int, capacity: Int, patience: Duration, now: Instant) {
        interval = .seconds(1) / rate
        self.capacity = capacity
        self.patience = patience
        next = now
    }

    /// Whether none is on its way.
    var isEmpty: Bool { flying.isEmpty }

    /// Whether one more may be sent.
    func turn(now: Instant) -> Turn {
        if next > now { return .at(next) }
        return flying.count < capacity ? .now : .whenOneEnds
    }

    /// An event was sent.
    mutating func sent(_ id: EventID, _ passenger: Passenger, now: Instant) {
        // What was not sent in time is not made up for: a burst would be in the way of callbacks.
        next = max(next, now.advanced(by: .zero - interval)).advanced(by: interval)
        flying[id] = Flying(passenger: passenger, sentAt: now)
        order.append(id)
    }

    /// Nothing may be sent for this long.
    mutating func pause(for duration: Duration, now: Instant) {
        next = max(next, now.advanced(by: duration))
    }

    /// An event has ended: it has a reply, or was not taken.
    ///
    /// - Returns: What it carried, and how long it was on its way; nil when it had ended before.
    mutating func ended(_ id: EventID, now: Instant) -> (passenger: Passenger, time: Duration)? {
        flying.removeValue(forKey: id).map { ($0.passenger, $0.sentAt.duration(to: now)) }
    }

    /// Ends the events whose replies have taken too long.
    mutating func expired(now: Instant) -> [Passenger] {
        var expired: [Passenger] = []
        while passed < order.count {
            if let first = flying[order[passed]] {
                guard first.sentAt.advanced(by: patience) <= now else { break }
                flying[order[passed]] = nil
                expired.append(first.passenger)
            }
            passed += 1
        }
        if passed > 1_024, passed > order.count / 2 {
            order.removeFirst(passed)
            passed = 0
        }
        return expired
    }
}
