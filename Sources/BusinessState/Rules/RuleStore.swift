internal import DecisionCore
public import Postgres

/// Changes and lists the rules, as an operator.
public struct RuleStore: Sendable {
    let connection: PostgresConnection

    /// A store over a connection that acts as `needrecord_operator`, or for reading as `needrecord_reader`.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Rules in the order of their ids, with the revision that they are of.
    ///
    /// - Throws: ``PostgresError``; ``RuleStoreError`` for a revision that there is not.
    public func list(
        _ selection: RuleSelection = RuleSelection()
    ) async throws -> (revision: Int64, rules: [StoredRule]) {
        guard let moment = selection.moment else {
            let rows = try await connection.query(
                """
                SELECT v.revision, \(unescaped: StoredRule.columns)
                FROM needrecord.rule_revision AS v
                LEFT JOIN needrecord.rules AS r
                    ON r.shadow = \(selection.isShadow)
                    AND (\(selection.set)::text IS NULL OR r.rule_set = \(selection.set))
                ORDER BY r.id
                """
            )
            return (try rows.first?.decode(Int64.self, at: 0) ?? 0, try Self.rules(rows, from: 1))
        }
        let revision = try await revision(at: moment)
        let rows = try await connection.query(
            """
            SELECT \(unescaped: StoredRule.columns)
            FROM needrecord.rules_at(\(revision)) AS r
            WHERE r.shadow = \(selection.isShadow) AND (\(selection.set)::text IS NULL OR r.rule_set = \(selection.set))
            ORDER BY r.id
            """
        )
        return (revision, try Self.rules(rows, from: 0))
    }

    /// The rules that events are answered by, in the order of their ids, without those of one set and without those for
    /// a single stream of an app of a domain: a back end may have a million of these.
    ///
    /// - Throws: ``PostgresError``.
    public func wideRules(besides set: String) async throws(PostgresError) -> [StoredRule] {
        let rows = try await connection.query(
            """
            SELECT \(unescaped: StoredRule.columns)
            FROM needrecord.rules AS r
            WHERE NOT r.shadow AND r.rule_set <> \(set) AND NOT starts_with(r.lookup, E'= = =\\t')
            ORDER BY r.id
            """
        )
        return try Self.rules(rows, from: 0)
    }

    static func rules(_ rows: PostgresRows, from first: Int) throws(PostgresError) -> [StoredRule] {
        var rules: [StoredRule] = []
        // An outer join without rules has one row without one.
        for row in rows where row[first] != nil { rules.append(try StoredRule(row: row, from: first)) }
        return rules
    }

    /// The revision that was the current one at a moment.
    ///
    /// - Throws: ``PostgresError``; ``RuleStoreError`` for a revision that there is not.
    public func revision(at moment: RuleMoment) async throws -> Int64 {
        switch moment {
        case .time(let time):
            return try await connection.query("SELECT needrecord.revision_at(\(PostgresTimestamp(time)))")[0].decode()
        case .revision(let revision):
            let current = try await currentRevision()
            guard (0...current).contains(revision) else {
                throw RuleStoreError("there is no revision \(revision); the current one is \(current)")
            }
            return revision
        }
    }

    func currentRevision() async throws(PostgresError) -> Int64 {
        try await connection.query("SELECT revision FROM needrecord.rule_revision")[0].decode()
    }

    /// What was stated of the platform's templates, in the order of domain and app.
    ///
    /// - Parameter set: Of which set; nil for all.
    /// - Throws: ``PostgresError``.
    public func templates(of set: String? = nil) async throws(PostgresError) -> [RuleTemplate] {
        let rows = try await connection.query(
            """
            SELECT domain, app, formats FROM needrecord.rule_templates
            WHERE \(set)::text IS NULL OR rule_set = \(set)
            ORDER BY domain COLLATE "C", app COLLATE "C", rule_set COLLATE "C"
            """
        )
        var templates: [RuleTemplate] = []
        for row in rows {
            let (domain, app, formats) = try row.decode((String, String, [String]).self)
            guard let domain = NamePattern(domain), let app = NamePattern(app) else {
                throw PostgresError(.decodingFailed, message: "a pattern has a backslash that escapes nothing")
            }
            templates.append(
                RuleTemplate(domain: domain, app: app, formats: formats.compactMap(RecordFormat.init(rawValue:)))
            )
        }
        return templates
    }
}
