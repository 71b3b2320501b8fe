import DecisionCore
import Postgres

@testable import BusinessState

extension PostgresConnection {
    /// Adds rules in one statement, as a back end would that has many.
    ///
    /// - Parameters:
    ///   - shadow: Whether they belong to the shadow of their set.
    ///   - keepsIDs: Whether they have the ids that they come with; else the database makes new ones.
    /// - Returns: The rules, with their ids.
    @discardableResult
    func insert(_ rules: [Rule], shadow: Bool = false, keepsIDs: Bool = false) async throws -> [Rule] {
        guard !rules.isEmpty else { return [] }
        let columns = RuleColumns(rules)
        let rows = try await query(
            """
            INSERT INTO needrecord.rules (
                \(unescaped: keepsIDs ? "id, " : "")shadow, rule_set, name, enabled, priority, domain, app, stream,
                codec, bitrate_min, bitrate_max, valid_from, valid_until, schedule, time_zone, percentage, quota,
                effect, formats, interval_mp4, interval_flv, interval_m3u8
            )
            \(unescaped: keepsIDs ? "OVERRIDING SYSTEM VALUE" : "")
            SELECT \(unescaped: keepsIDs ? "id, " : "")\(shadow), rule_set, name, enabled, priority, domain, app, stream,
                codec, bitrate_min, bitrate_max, valid_from, valid_until, string_to_array(schedule, ';'), time_zone,
                basis_points / 100.0, quota,
                effect, string_to_array(formats, ','), interval_mp4, interval_flv, interval_m3u8
            FROM unnest(
                \(rules.map(\.id.rawValue))::bigint[], \(rules.map(\.set))::text[], \(rules.map(\.name))::text[],
                \(rules.map(\.isEnabled))::boolean[], \(rules.map(\.priority))::integer[],
                \(rules.map(\.domain.text))::text[], \(rules.map(\.app.text))::text[], \(rules.map(\.stream.text))::text[],
                \(rules.map { $0.codec?.rawValue })::text[],
                \(rules.map { $0.bitrate?.minimum })::integer[], \(rules.map { $0.bitrate?.maximum })::integer[],
                \(rules.map { $0.validity.from.map { PostgresTimestamp($0) } })::timestamptz[],
                \(rules.map { $0.validity.until.map { PostgresTimestamp($0) } })::timestamptz[],
                \(columns.schedules)::text[], \(rules.map { $0.schedule?.timeZone })::text[],
                \(rules.map { $0.share?.basisPoints })::integer[], \(rules.map(\.quota))::text[],
                \(columns.effects)::text[], \(columns.formats)::text[],
                \(columns.intervals(.mp4))::integer[], \(columns.intervals(.flv))::integer[],
                \(columns.intervals(.m3u8))::integer[]
            ) WITH ORDINALITY AS r (
                id, rule_set, name, enabled, priority, domain, app, stream, codec, bitrate_min, bitrate_max,
                valid_from, valid_until, schedule, time_zone, basis_points, quota,
                effect, formats, interval_mp4, interval_flv, interval_m3u8, number
            )
            ORDER BY number
            RETURNING id
            """
        )
        return try zip(rules, rows).map { rule, row in
            rule.stored(as: Rule.ID(rawValue: try row.decode(Int64.self, at: 0)))
        }
    }
}

/// What of rules has another shape in the table.
private struct RuleColumns {
    var schedules: [String?] = []
    var effects: [String] = []
    var formats: [String] = []
    private var plans: [RecordingPlan] = []

    init(_ rules: [Rule]) {
        for rule in rules {
            schedules.append(rule.schedule?.windows.map(\.description).joined(separator: ";"))
            switch rule.effect {
            case .skip:
                effects.append("skip")
                plans.append(.template)
            case .record(let plan):
                effects.append("record")
                plans.append(plan)
            }
        }
        formats = plans.map { $0.formats.map(\.rawValue).joined(separator: ",") }
    }

    func intervals(_ format: RecordFormat) -> [Int?] {
        plans.map { $0.intervals[format] }
    }
}
