public import DecisionCore

/// How far a replay is.
public struct ReplayProgress: Sendable, Equatable {
    /// The callbacks that were replayed in this sitting.
    public var replayed = 0
    /// Those of them that were decided.
    public var decided = 0
    /// Those that an earlier sitting has replayed.
    public var skipped = 0
    /// When the callback came in that was replayed last.
    public var at: Timestamp?
}
