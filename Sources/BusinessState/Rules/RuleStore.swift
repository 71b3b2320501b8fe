public import DecisionCore
public import Postgres

/// Changes and lists the rules, as an operator.
public struct RuleStore: Sendable {
    private let connection: PostgresConnection

    /// A store over a connection that acts as `needrecord_operator`, or for listing as `needrecord_reader`.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Adds a rule; its id is made by the database.
    ///
    /// - Parameters:
    ///   - rule: What it demands and does; the id in it is not used.
    ///   - note: For people; up to 1,000 bytes.
    ///   - onlyIfAbsent: Add nothing when there is a rule already that demands and does the same.
    /// - Returns: The id of the new rule, or of the one that was there.
    /// - Throws: ``PostgresError``, with SQLSTATE 23514 when the rule breaks a constraint of the table.
    public func add(
        _ rule: Rule,
        note: String = "",
        onlyIfAbsent: Bool = false
    ) async throws -> (id: Rule.ID, isNew: Bool) {
        let columns = Columns(rule)
        return try await connection.withTransaction { transaction in
            if onlyIfAbsent {
                // Two that add at once must not both find nothing.
                try await transaction.execute("LOCK TABLE needrecord.rules IN SHARE ROW EXCLUSIVE MODE")
                if let id = try await Self.find(rule, columns, on: transaction) { return (id, false) }
            }
            return (try await Self.insert(rule, columns, note: note, on: transaction), true)
        }
    }

    private static func find(
        _ rule: Rule,
        _ columns: Columns,
        on connection: PostgresConnection
    ) async throws -> Rule.ID? {
        try await connection.query(
            """
            SELECT id FROM needrecord.rules
            WHERE stream = \(rule.stream.text) AND app = \(rule.app.text) AND domain = \(rule.domain.text)
                AND priority = \(rule.priority) AND effect = \(columns.effect) AND formats = \(columns.formats)::text[]
                AND interval_mp4 IS NOT DISTINCT FROM \(columns.intervals[.mp4])
                AND interval_flv IS NOT DISTINCT FROM \(columns.intervals[.flv])
                AND interval_m3u8 IS NOT DISTINCT FROM \(columns.intervals[.m3u8])
            ORDER BY id LIMIT 1
            """
        ).first.map { Rule.ID(rawValue: try $0.decode(Int64.self, at: 0)) }
    }

    private static func insert(
        _ rule: Rule,
        _ columns: Columns,
        note: String,
        on connection: PostgresConnection
    ) async throws -> Rule.ID {
        let rows = try await connection.query(
            """
            INSERT INTO needrecord.rules
                (priority, domain, app, stream, effect, formats, interval_mp4, interval_flv, interval_m3u8, note)
            VALUES (
                \(rule.priority), \(rule.domain.text), \(rule.app.text), \(rule.stream.text),
                \(columns.effect), \(columns.formats)::text[],
                \(columns.intervals[.mp4]), \(columns.intervals[.flv]), \(columns.intervals[.m3u8]), \(note)
            )
            RETURNING id
            """
        )
        return Rule.ID(rawValue: try rows[0].decode(Int64.self, at: 0))
    }

    /// Every rule, in the order of their ids, with the revision that they are of.
    ///
    /// - Throws: ``PostgresError``.
    public func list() async throws(PostgresError) -> (revision: Int64, rules: [StoredRule]) {
        let rows = try await connection.query(
            """
            SELECT v.revision, r.created_at, r.note, \(unescaped: Rule.columns)
            FROM needrecord.rule_revision AS v LEFT JOIN needrecord.rules AS r ON true
            ORDER BY r.id
            """
        )
        var rules: [StoredRule] = []
        for row in rows where row[1] != nil {
            rules.append(
                StoredRule(
                    rule: try Rule(row: row, from: 3),
                    createdAt: try row.decode(PostgresTimestamp.self, at: 1),
                    note: try row.decode(String.self, at: 2)
                )
            )
        }
        return (try rows.first?.decode(Int64.self, at: 0) ?? 0, rules)
    }

    /// Removes rules.
    ///
    /// - Returns: The ids of those that were there.
    /// - Throws: ``PostgresError``.
    public func remove(_ ids: [Rule.ID]) async throws(PostgresError) -> [Rule.ID] {
        let rows = try await connection.query(
            "DELETE FROM needrecord.rules WHERE id = ANY (\(ids.map(\.rawValue))::bigint[]) RETURNING id"
        )
        var removed: [Rule.ID] = []
        for row in rows { removed.append(Rule.ID(rawValue: try row.decode(Int64.self, at: 0))) }
        return removed.sorted()
    }

    /// What a rule does, as the table stores it.
    private struct Columns: Sendable {
        var effect = "skip"
        var formats: [String] = []
        var intervals: [RecordFormat: Int] = [:]

        init(_ rule: Rule) {
            guard case .record(let plan) = rule.effect else { return }
            effect = "record"
            formats = plan.formats.map(\.rawValue)
            intervals = plan.intervals
        }
    }
}
