public import DecisionCore

/// The callbacks whose event ids were made in a span of time.
public struct CallbackWindow: Sendable, Hashable {
    /// The first moment that is in it.
    public var from: Timestamp
    /// The first moment that is not in it any more.
    public var to: Timestamp

    /// From one moment until before another.
    public init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }

    /// Whether a callback is in it.
    public func contains(_ id: EventID) -> Bool {
        id.timestamp >= from && id.timestamp < to
    }

    /// Whether the whole of a minute is in it, so that what was counted for the minute can be compared.
    public func contains(minute: Timestamp) -> Bool {
        minute >= from && minute.advanced(by: .seconds(60)) <= to
    }

    /// Below every id that is in it, and not below any that is not.
    public var firstID: EventID { EventID(high: UInt64(max(0, from.millisecondsSinceEpoch)) << 16, low: 0) }

    /// Above every id that is in it, and not above any that is not.
    public var endID: EventID { EventID(high: UInt64(max(0, to.millisecondsSinceEpoch)) << 16, low: 0) }
}
