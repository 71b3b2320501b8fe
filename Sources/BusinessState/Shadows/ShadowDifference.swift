public import DecisionCore

/// An event that the shadow rules would have answered differently.
public struct ShadowDifference: Sendable, Hashable {
    /// The event.
    public var event: StreamEvent
    /// What was decided.
    public var live: Decision
    /// What the shadow rules would have decided.
    public var shadow: Decision

    /// Compares two decisions about an event; nil when the platform would be told the same.
    public init?(event: StreamEvent, live: Decision, shadow: Decision) {
        guard live.verdict != shadow.verdict else { return nil }
        self.event = event
        self.live = live
        self.shadow = shadow
    }
}
