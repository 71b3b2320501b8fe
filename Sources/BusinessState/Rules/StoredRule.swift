public import DecisionCore
public import Postgres

/// A rule as it stands in the business state, with what only people need.
public struct StoredRule: Sendable, Hashable {
    /// The rule.
    public var rule: Rule
    /// When it was made.
    public var createdAt: PostgresTimestamp
    /// What its author wrote beside it.
    public var note: String
    /// Whether it only belongs to the shadow of its set.
    public var isShadow: Bool

    /// The columns that ``init(row:from:)`` reads, in its order, of a table that is called `r`.
    static let columns = "r.created_at, r.note, r.shadow, \(Rule.columns)"

    /// Reads a rule from the columns of a row that begin at `first`.
    init(row: PostgresRow, from first: Int) throws(PostgresError) {
        createdAt = try row.decode(PostgresTimestamp.self, at: first)
        note = try row.decode(String.self, at: first + 1)
        isShadow = try row.decode(Bool.self, at: first + 2)
        rule = try Rule(row: row, from: first + 3)
    }
}
