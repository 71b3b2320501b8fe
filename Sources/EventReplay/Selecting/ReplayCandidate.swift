public import DecisionCore

/// A callback that is replayed, with what it was answered.
public struct ReplayCandidate: Sendable, Hashable {
    /// The callback.
    public var event: StreamEvent
    /// What it was answered; nil when it has no outcome.
    public var answer: KeptAnswer?

    /// Describes a candidate.
    public init(event: StreamEvent, answer: KeptAnswer?) {
        self.event = event
        self.answer = answer
    }

    /// The clock that it is decided by again: that of its decision, or of its receipt when there was none.
    var clock: Timestamp { answer?.decision?.decidedAt ?? event.receivedAt }
}
