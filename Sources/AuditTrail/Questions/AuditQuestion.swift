internal import BusinessState
public import DecisionCore
public import Postgres

/// A question to the audit trail, as a query of its view.
public struct AuditQuestion: Sendable {
    /// What is asked.
    public var view: AuditView
    /// The earliest time, by the view's own column: its minute, mostly; nil for no limit.
    public var since: Timestamp?
    /// The time before which it is asked for.
    public var until: Timestamp?
    /// Texts that columns must be equal to, by their names; of outcomes only.
    public var matches: [(column: Column, text: String)] = []
    /// The rule that won; of outcomes only.
    public var rule: Int64?
    /// The one event; of outcomes only. Its day is known by its id.
    public var event: EventID?
    /// The one replay; of replay results only.
    public var replay: EventID?
    /// Only the results that differ from what was answered.
    public var onlyDifferent = false
    /// Only those that rest on the decision of an earlier callback; of outcomes only.
    public var onlyLate = false
    /// Only the pushes that were asked for more than once.
    public var onlyRepeated = false
    /// How many rows at most; nil for all.
    public var limit: Int?
    /// The time from which on outcomes came in, for those who follow: with the oldest first.
    public var following: Timestamp?

    /// A column that can be asked by.
    public enum Column: String, Sendable {
        case domain, app, stream, cause
    }

    /// Asks for all that a view has.
    public init(_ view: AuditView) {
        self.view = view
    }

    /// The query; values are bound.
    ///
    /// - Parameter asJSON: Whether each row is one column `row`, the text of a JSON object in the order of the columns,
    ///   after the event id when outcomes are followed.
    public func query(asJSON: Bool) -> PostgresQuery {
        var sql = PostgresQuery.StringInterpolation(literalCapacity: 512, interpolationCount: 8)
        if asJSON {
            sql.appendLiteral("SELECT ")
            if following != nil { sql.appendLiteral("q.event_id::text, ") }
            sql.appendLiteral("row_to_json(q)::text AS row FROM (")
        }
        // Whose decision it was is of interest only where there is one.
        let columns = event == nil ? (onlyLate ? "late_of, " : "") + view.columns : "*"
        sql.appendLiteral("SELECT \(columns) FROM needrecord.\(view.rawValue) WHERE true")
        addConditions(to: &sql)
        sql.appendLiteral(" ORDER BY \(following == nil ? view.order : "minute, received_at, event_id")")
        if let limit {
            sql.appendLiteral(" LIMIT ")
            sql.appendInterpolation(limit)
        }
        if asJSON { sql.appendLiteral(") AS q") }
        return PostgresQuery(stringInterpolation: sql)
    }

    private func addConditions(to sql: inout PostgresQuery.StringInterpolation) {
        func add(_ condition: String, _ value: some PostgresEncodable, _ end: String = "") {
            sql.appendLiteral(" AND \(condition) ")
            sql.appendInterpolation(value)
            sql.appendLiteral(end)
        }
        if let event {
            add("event_id =", event.description, "::uuid")
            add("minute = needrecord.event_minute(", event.description, "::uuid)")
        }
        if let since { add("\(view.timeColumn) >=", PostgresTimestamp(since)) }
        if let until { add("\(view.timeColumn) <", PostgresTimestamp(until)) }
        if let following {
            add("minute >= date_bin('1 minute',", PostgresTimestamp(following), ", '2000-01-01Z')")
            add("received_at >=", PostgresTimestamp(following))
        }
        for match in matches { add("\(match.column.rawValue) =", match.text) }
        if let rule { add("rule =", rule) }
        if let replay { add("replay =", replay.description, "::uuid") }
        if onlyDifferent { sql.appendLiteral(" AND is_different") }
        if onlyLate { sql.appendLiteral(" AND late_of IS NOT NULL") }
        if onlyRepeated { sql.appendLiteral(" AND attempts > 1") }
    }
}
