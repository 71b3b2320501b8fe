public import Postgres

/// A revision of the rules.
public struct RuleRevision: Sendable {
    /// Its number.
    public var revision: Int64
    /// When it was made.
    public var changedAt: PostgresTimestamp
    /// Which login role made it.
    public var changedBy: String
    /// What for.
    public var note: String
    /// How many rules were added, shadow rules among them.
    public var added: Int
    /// How many were changed.
    public var changed: Int
    /// How many were removed.
    public var removed: Int
}

/// A rule as it was from one revision until another.
public struct RuleVersion: Sendable {
    /// The rule.
    public var stored: StoredRule
    /// The revision that made it so.
    public var since: Int64
    /// The revision that changed or removed it; nil when it is so now.
    public var until: Int64?
}
