public import DecisionCore
public import Postgres

/// Reads what is needed to decide a batch of events: one statement, one snapshot, however many they are.
public struct FactsReader: Sendable {
    /// A reader; it keeps no state, so nothing can be stale.
    public init() {}

    /// The facts for each event, in the order of the events.
    ///
    /// The rules that may match an event are those under the eight combinations of its names and `*`, each found
    /// through the index. The revision comes from the same snapshot.
    ///
    /// - Parameter timeout: How long the statement may take.
    /// - Throws: ``PostgresError``.
    public func facts(
        for events: [StreamEvent],
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> [Facts] {
        guard !events.isEmpty else { return [] }
        let rows = try await connection.query(Self.query(for: events), timeout: timeout)
        var facts: [Facts?] = Array(repeating: nil, count: events.count)
        for row in rows {
            let index = try row.decode(Int.self, at: 0) - 1
            guard facts.indices.contains(index) else {
                throw PostgresError(.decodingFailed, message: "an event number is out of range", column: "number")
            }
            if facts[index] == nil {
                facts[index] = Facts(revision: try row.decode(Int64.self, at: 1), rules: [])
            }
            // An event that no rule is about has one row without a rule.
            if try row.decode(Int64?.self, at: 2) != nil {
                facts[index]?.rules.append(try Rule(row: row, from: 2))
            }
        }
        guard !facts.contains(nil) else {
            throw PostgresError(.decodingFailed, message: "the business state has no revision")
        }
        return facts.compactMap { $0 }
    }

    package static func query(for events: [StreamEvent]) -> PostgresQuery {
        """
        SELECT q.number, v.revision, \(unescaped: Rule.columns)
        FROM needrecord.rule_revision AS v
        CROSS JOIN unnest(
            \(events.map(\.domain))::text[], \(events.map(\.app))::text[], \(events.map(\.stream))::text[]
        ) WITH ORDINALITY AS q (domain, app, stream, number)
        LEFT JOIN LATERAL (
            SELECT *
            FROM needrecord.rules
            WHERE stream = ANY (ARRAY[q.stream, '*'])
                AND app = ANY (ARRAY[q.app, '*'])
                AND domain = ANY (ARRAY[q.domain, '*'])
        ) AS r ON true
        """
    }
}
