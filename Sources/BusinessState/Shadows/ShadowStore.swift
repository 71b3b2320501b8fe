internal import DecisionCore
public import Postgres

/// Keeps what shadow rules would have answered differently.
public struct ShadowStore: Sendable {
    /// A store.
    public init() {}

    /// Keeps differences, in one statement; one that is kept already stays as it is.
    ///
    /// - Parameters:
    ///   - differences: Those of different events.
    ///   - connection: A connection that acts as `needrecord_worker`.
    ///   - timeout: How long the statement may take.
    /// - Throws: ``PostgresError``.
    public func keep(
        _ differences: [ShadowDifference],
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) {
        let live = differences.map { Answer($0.live) }
        let shadow = differences.map { Answer($0.shadow) }
        try await connection.execute(
            """
            INSERT INTO needrecord.shadow_differences (
                event_id, domain, app, stream, decided_at, revision,
                live_rule, live_record, live_formats, live_intervals,
                shadow_rule, shadow_record, shadow_formats, shadow_intervals
            )
            SELECT event_id, domain, app, stream, decided_at, revision,
                live_rule, live_record, string_to_array(live_formats, ','), live_intervals,
                shadow_rule, shadow_record, string_to_array(shadow_formats, ','), shadow_intervals
            FROM unnest(
                \(differences.map(\.event.id.description))::uuid[], \(differences.map(\.event.domain))::text[],
                \(differences.map(\.event.app))::text[], \(differences.map(\.event.stream))::text[],
                \(differences.map { PostgresTimestamp($0.live.decidedAt) })::timestamptz[],
                \(differences.map(\.live.revision))::bigint[],
                \(live.map(\.rule))::bigint[], \(live.map(\.isRecord))::boolean[],
                \(live.map(\.formats))::text[], \(live.map(\.intervals))::jsonb[],
                \(shadow.map(\.rule))::bigint[], \(shadow.map(\.isRecord))::boolean[],
                \(shadow.map(\.formats))::text[], \(shadow.map(\.intervals))::jsonb[]
            ) AS d (
                event_id, domain, app, stream, decided_at, revision,
                live_rule, live_record, live_formats, live_intervals,
                shadow_rule, shadow_record, shadow_formats, shadow_intervals
            )
            ON CONFLICT DO NOTHING
            """,
            timeout: timeout
        )
    }

    /// A decision as the table has it.
    private struct Answer {
        var rule: Int64?
        var isRecord = false
        var formats = ""
        var intervals = "{}"

        init(_ decision: Decision) {
            rule = decision.winner?.rawValue
            guard case .record(let plan) = decision.verdict else { return }
            isRecord = true
            formats = plan.formats.map(\.rawValue).joined(separator: ",")
            let members = RecordFormat.allCases.compactMap { format in
                plan.intervals[format].map { "\"\(format.rawValue)\":\($0)" }
            }
            intervals = "{\(members.joined(separator: ","))}"
        }
    }
}
