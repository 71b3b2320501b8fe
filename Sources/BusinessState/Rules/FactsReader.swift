public import DecisionCore
public import Postgres

/// Reads what is needed to decide a batch of events: one statement, one snapshot, however many they are.
public struct FactsReader: Sendable {
    /// What a session has to set for the statement.
    ///
    /// The server cannot know how few rows the statement finds. Left alone it compiles the statement anew each time,
    /// which takes a second; and a plan that was made while the table was small would go on to scan it when it is not.
    public static let sessionSettings = [
        "enable_seqscan": "off",
        "jit": "off",
        "plan_cache_mode": "force_generic_plan",
    ]

    private let asOf: Int64?

    /// A reader; it keeps no state, so nothing can be stale.
    ///
    /// - Parameter revision: Read the rules as they stood then; nil for now.
    public init(asOf revision: Int64? = nil) {
        asOf = revision
    }

    /// The facts for each event, in the order of the events.
    ///
    /// The rules that may match an event are found through one index, by one look for each kind of pattern that is in
    /// use. The revision comes from the same snapshot. The reservation is left out: it is nothing to read.
    ///
    /// - Parameters:
    ///   - events: The questions.
    ///   - connection: A connection with ``sessionSettings``.
    ///   - now: The civil clock that the events are decided by.
    ///   - timeout: How long the statement may take.
    /// - Throws: ``PostgresError``.
    public func facts(
        for events: [StreamEvent],
        on connection: PostgresConnection,
        now: Timestamp,
        timeout: Duration
    ) async throws(PostgresError) -> [EventFacts] {
        guard !events.isEmpty else { return [] }
        let rows = try await connection.query(query(for: events, now: now), timeout: timeout)
        var found: [Candidates?] = Array(repeating: nil, count: events.count)
        for row in rows {
            let index = try row.decode(Int.self, at: 0) - 1
            guard found.indices.contains(index) else {
                throw PostgresError(.decodingFailed, message: "an event number is out of range", column: "number")
            }
            if found[index] == nil {
                let shadows = try row.decode([String].self, at: 2)
                found[index] = Candidates(revision: try row.decode(Int64.self, at: 1), shadows: shadows)
            }
            // An event that no rule is about has one row without a rule.
            if try row.decode(Int64?.self, at: Self.firstRuleColumn) != nil {
                try found[index]?.add(row, for: events[index])
            }
        }
        guard !found.contains(where: { $0 == nil }) else {
            throw PostgresError(.decodingFailed, message: "the business state has no revision")
        }
        return found.compactMap { $0?.facts }
    }

    /// Finds out whether facts can be read: the same statement, about no event.
    ///
    /// - Throws: ``PostgresError``.
    public func check(
        on connection: PostgresConnection,
        now: Timestamp,
        timeout: Duration
    ) async throws(PostgresError) {
        _ = try await connection.query(query(for: [], now: now), timeout: timeout)
    }

    /// What the wall clocks of time zones show ahead of UTC, in seconds, as ``Facts/utcOffsets``.
    ///
    /// - Throws: ``PostgresError`` when the database does not know one of them.
    public static func utcOffsets(
        of timeZones: [String],
        on connection: PostgresConnection,
        now: Timestamp
    ) async throws(PostgresError) -> [String: Int] {
        let rows = try await connection.query(
            """
            SELECT z, needrecord.utc_offset(z, \(PostgresTimestamp(now))) FROM unnest(\(timeZones)::text[]) AS z
            """
        )
        var offsets: [String: Int] = [:]
        for row in rows { offsets[try row.decode(String.self, at: 0)] = try row.decode(Int.self, at: 1) }
        return offsets
    }

    fileprivate static let firstRuleColumn = 5

    /// OFFSET 0 keeps the looks apart: the server must not make one join of them, for which it would read every glob for
    /// every event.
    package func query(for events: [StreamEvent], now: Timestamp) -> PostgresQuery {
        if let asOf { return queryOfThen(for: events, now: now, revision: asOf) }
        return """
            SELECT q.number, v.revision, ARRAY(SELECT rule_set::text FROM needrecord.rule_shadows),
                r.shadow, needrecord.utc_offset(r.time_zone, \(PostgresTimestamp(now))), \(unescaped: Rule.columns)
            FROM needrecord.rule_revision AS v
            CROSS JOIN unnest(
                \(events.map(\.domain))::text[], \(events.map(\.app))::text[], \(events.map(\.stream))::text[]
            ) WITH ORDINALITY AS q (domain, app, stream, number)
            LEFT JOIN LATERAL (
                SELECT r.*
                FROM needrecord.rules AS r
                WHERE r.lookup = \(unescaped: Self.keyOfNames) AND \(unescaped: Self.isExact)
                UNION ALL
                SELECT r.*
                FROM needrecord.rule_shapes AS s
                CROSS JOIN LATERAL (
                    SELECT r.* FROM needrecord.rules AS r
                    WHERE r.lookup = \(unescaped: Self.key) AND NOT \(unescaped: Self.isExact) OFFSET 0
                ) AS r
                WHERE s.rules > 0 AND s.stream_take IS NOT NULL AND s.shape <> '= = ='
                UNION ALL
                SELECT r.*
                FROM needrecord.rule_shapes AS s
                CROSS JOIN generate_series(1, char_length(q.stream) - s.stream_part + 1) AS start
                CROSS JOIN LATERAL (
                    SELECT r.* FROM needrecord.rules AS r
                    WHERE r.lookup = \(unescaped: Self.keyAnywhere) AND NOT \(unescaped: Self.isExact) OFFSET 0
                ) AS r
                WHERE s.rules > 0 AND s.stream_take IS NULL
            ) AS r ON true
            """
    }

    private func queryOfThen(for events: [StreamEvent], now: Timestamp, revision: Int64) -> PostgresQuery {
        """
        SELECT q.number, \(revision)::bigint, '{}'::text[],
            r.shadow, needrecord.utc_offset(r.time_zone, \(PostgresTimestamp(now))), \(unescaped: Rule.columns)
        FROM unnest(
            \(events.map(\.domain))::text[], \(events.map(\.app))::text[], \(events.map(\.stream))::text[]
        ) WITH ORDINALITY AS q (domain, app, stream, number)
        LEFT JOIN LATERAL (
            SELECT r.*
            FROM needrecord.rule_shapes AS s
            CROSS JOIN LATERAL (
                SELECT r.* FROM needrecord.rule_versions AS r WHERE r.lookup = \(unescaped: Self.key) OFFSET 0
            ) AS r
            WHERE s.stream_take IS NOT NULL
            UNION ALL
            SELECT r.*
            FROM needrecord.rule_shapes AS s
            CROSS JOIN generate_series(1, char_length(q.stream) - s.stream_part + 1) AS start
            CROSS JOIN LATERAL (
                SELECT r.* FROM needrecord.rule_versions AS r WHERE r.lookup = \(unescaped: Self.keyAnywhere) OFFSET 0
            ) AS r
            WHERE s.stream_take IS NULL
        ) AS r ON r.since_revision <= \(revision) AND (r.until_revision > \(revision) OR r.until_revision IS NULL)
        """
    }

    /// The key of an event's names `q` for a rule of one domain, one app and one stream.
    private static let keyOfNames = "E'= = =\\t' || q.domain || E'\\t' || q.app || E'\\t' || q.stream"

    /// Whether a rule `r` is such a one, spelled as the indexes have it.
    private static let isExact = "starts_with(r.lookup, E'= = =\\t')"

    /// The key of an event's names `q` for a shape `s`.
    private static let key = "\(keyOfPlace) || needrecord.take(q.stream, s.stream_take)"

    /// The same where the shape fixes some characters of the stream's name, anywhere in it.
    private static let keyAnywhere = "\(keyOfPlace) || substr(q.stream, start, s.stream_part)"

    private static let keyOfPlace = """
        s.shape || E'\\t' || needrecord.take(q.domain, s.domain_take) || E'\\t' \
        || needrecord.take(q.app, s.app_take) || E'\\t'
        """
}

/// The rules that were found for one event.
private struct Candidates {
    let revision: Int64
    let shadows: [String]
    private var live: [Rule] = []
    private var shadow: [Rule] = []
    private var ids: Set<Rule.ID> = []
    private var utcOffsets: [String: Int] = [:]

    init(revision: Int64, shadows: [String]) {
        self.revision = revision
        self.shadows = shadows
    }

    /// Takes a rule from a row, unless its names do not match: the index knows only a part of what a glob demands.
    mutating func add(_ row: PostgresRow, for event: StreamEvent) throws(PostgresError) {
        let rule = try Rule(row: row, from: FactsReader.firstRuleColumn)
        guard rule.domain.matches(event.domain), rule.app.matches(event.app), rule.stream.matches(event.stream) else {
            return
        }
        // What is looked for anywhere in a name may be there twice.
        guard ids.insert(rule.id).inserted else { return }
        if try row.decode(Bool.self, at: 3) { shadow.append(rule) } else { live.append(rule) }
        if let timeZone = rule.schedule?.timeZone { utcOffsets[timeZone] = try row.decode(Int?.self, at: 4) }
    }

    var facts: EventFacts {
        var facts = EventFacts(live: Facts(revision: revision, rules: live, utcOffsets: offsets(of: live)))
        if !shadows.isEmpty {
            let rules = live.filter { !shadows.contains($0.set) } + shadow.filter { shadows.contains($0.set) }
            facts.shadow = Facts(revision: revision, rules: rules, utcOffsets: offsets(of: rules))
        }
        return facts
    }

    private func offsets(of rules: [Rule]) -> [String: Int] {
        guard !utcOffsets.isEmpty else { return [:] }
        let timeZones = rules.compactMap { $0.schedule?.timeZone }
        return utcOffsets.filter { timeZones.contains($0.key) }
    }
}
