internal import DecisionCore
internal import Postgres

/// Rules as the columns of a table, so that one statement takes them all.
struct RuleTable {
    /// The columns of `needrecord.rules` but for the id, which is ``id``.
    static let columns = """
        rule_set, name, enabled, shadow, priority, domain, app, stream, codec, bitrate_min, bitrate_max, \
        valid_from, valid_until, schedule, time_zone, percentage, quota, \
        effect, formats, interval_mp4, interval_flv, interval_m3u8, note
        """
    /// Their values, in the same order, of the table that ``append(to:)`` writes.
    static let values = """
        n.rule_set, n.name, n.enabled, n.shadow, n.priority, n.domain, n.app, n.stream, n.codec, n.bitrate_min, \
        n.bitrate_max, n.valid_from, n.valid_until, string_to_array(n.windows, ';'), n.time_zone, \
        n.basis_points / 100.0, n.quota, \
        n.effect, string_to_array(n.format_names, ','), n.interval_mp4, n.interval_flv, n.interval_m3u8, n.note
        """

    private let drafts: [RuleDraft]
    private let isShadow: Bool
    /// When each rule was made; nil for now.
    private let createdAt: [PostgresTimestamp?]

    init(_ drafts: [RuleDraft], isShadow: Bool = false) {
        self.drafts = drafts
        self.isShadow = isShadow
        createdAt = Array(repeating: nil, count: drafts.count)
    }

    /// Rules with the times at which they were made.
    init(_ stored: [StoredRule]) {
        drafts = stored.map { RuleDraft($0.rule, note: $0.note) }
        isShadow = false
        createdAt = stored.map(\.createdAt)
    }

    private var plans: [RecordingPlan] {
        drafts.map { if case .record(let plan) = $0.rule.effect { plan } else { .template } }
    }

    private func column<Value>(_ value: (Rule) -> Value) -> [Value] {
        drafts.map { value($0.rule) }
    }

    /// Writes the rules as a table that is called `n`, with their order in the column `number`.
    func append(to sql: inout PostgresQuery.StringInterpolation) {
        sql.appendLiteral("unnest(")
        add(column(\.id.rawValue), "bigint", to: &sql, isFirst: true)
        add(createdAt, "timestamptz", to: &sql)
        add(column(\.set), "text", to: &sql)
        add(column(\.name), "text", to: &sql)
        add(column(\.isEnabled), "boolean", to: &sql)
        add(column { _ in isShadow }, "boolean", to: &sql)
        add(column(\.priority), "integer", to: &sql)
        add(column(\.domain.text), "text", to: &sql)
        add(column(\.app.text), "text", to: &sql)
        add(column(\.stream.text), "text", to: &sql)
        appendConditions(to: &sql)
        appendEffects(to: &sql)
        sql.appendLiteral(
            """
            ) WITH ORDINALITY AS n (
                id, created_at, rule_set, name, enabled, shadow, priority, domain, app, stream,
                codec, bitrate_min, bitrate_max, valid_from, valid_until, windows, time_zone, basis_points,
                quota, effect, format_names, interval_mp4, interval_flv, interval_m3u8, note, number
            )
            """
        )
    }

    private func appendConditions(to sql: inout PostgresQuery.StringInterpolation) {
        add(column { $0.codec?.rawValue }, "text", to: &sql)
        add(column { $0.bitrate?.minimum }, "integer", to: &sql)
        add(column { $0.bitrate?.maximum }, "integer", to: &sql)
        add(column { $0.validity.from.map { PostgresTimestamp($0) } }, "timestamptz", to: &sql)
        add(column { $0.validity.until.map { PostgresTimestamp($0) } }, "timestamptz", to: &sql)
        add(column { $0.schedule?.windows.map(\.description).joined(separator: ";") }, "text", to: &sql)
        add(column { $0.schedule?.timeZone }, "text", to: &sql)
        add(column { $0.share?.basisPoints }, "integer", to: &sql)
    }

    private func appendEffects(to sql: inout PostgresQuery.StringInterpolation) {
        let plans = plans
        add(column(\.quota), "text", to: &sql)
        add(column { $0.effect == .skip ? "skip" : "record" }, "text", to: &sql)
        add(plans.map { $0.formats.map(\.rawValue).joined(separator: ",") }, "text", to: &sql)
        for format in [RecordFormat.mp4, .flv, .m3u8] {
            add(plans.map { $0.intervals[format] }, "integer", to: &sql)
        }
        add(drafts.map(\.note), "text", to: &sql)
    }

    private func add(
        _ values: some PostgresEncodable,
        _ type: String,
        to sql: inout PostgresQuery.StringInterpolation,
        isFirst: Bool = false
    ) {
        if !isFirst { sql.appendLiteral(", ") }
        sql.appendInterpolation(values)
        sql.appendInterpolation(unescaped: "::\(type)[]")
    }
}

extension PostgresQuery.StringInterpolation {
    /// Inserts rules as a table that is called `n`.
    mutating func appendInterpolation(_ table: RuleTable) {
        table.append(to: &self)
    }
}
