public import DecisionCore
public import Postgres

/// A rule as it stands in the business state, with what only people need.
public struct StoredRule: Sendable {
    /// The rule.
    public var rule: Rule
    /// When it was made.
    public var createdAt: PostgresTimestamp
    /// What its author wrote beside it.
    public var note: String
}
