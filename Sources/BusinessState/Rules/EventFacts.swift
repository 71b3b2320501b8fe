public import DecisionCore

/// What was read for one event: what decides it, and what only its shadow decision goes by.
public struct EventFacts: Sendable, Hashable {
    /// What decides the event.
    public var live: Facts
    /// The same with the rules of every shadow in the place of its set's; nil when no set has a shadow.
    public var shadow: Facts?

    /// Describes what was read.
    public init(live: Facts, shadow: Facts? = nil) {
        self.live = live
        self.shadow = shadow
    }
}
