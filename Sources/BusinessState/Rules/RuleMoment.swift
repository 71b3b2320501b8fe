public import DecisionCore

/// When rules are to be read back as they stood.
public enum RuleMoment: Sendable, Hashable {
    /// At a revision.
    case revision(Int64)
    /// At a time.
    case time(Timestamp)
}
