public import DecisionCore

/// A callback that is answered otherwise than before.
public struct ReplayDifference: Sendable, Hashable {
    /// The callback.
    public var event: StreamEvent
    /// What it was answered.
    public var before: KeptAnswer
    /// What is decided now.
    public var after: Decision
    /// In what they differ; at least one.
    public var changes: [ReplayChange]
}
