public import DecisionCore

/// A recording that is to be charged to a quota, if that has room.
public struct ReservationAsk: Sendable, Hashable {
    /// The callback that asks.
    public var event: StreamEvent
    /// The rule that the stream would be recorded by.
    public var rule: Rule.ID
    /// The name of the quota that the rule charges.
    public var quota: String

    /// Describes a recording.
    public init(event: StreamEvent, rule: Rule.ID, quota: String) {
        self.event = event
        self.rule = rule
        self.quota = quota
    }
}
