internal import BusinessState
internal import DecisionCore
internal import Postgres
internal import Wire

/// The records of replays as rows, and the statements that write them.
struct ReplayRows {
    private var runs: [ReplayRun] = []
    private var events: [ReplayedEvent] = []

    init() {}

    mutating func add(_ run: ReplayRun) { runs.append(run) }

    mutating func add(_ event: ReplayedEvent) { events.append(event) }

    /// The statements, one for each table that gets rows.
    var inserts: [PostgresQuery] {
        var queries: [PostgresQuery] = []
        if !runs.isEmpty { queries.append(upsertRuns) }
        if !events.isEmpty { queries.append(insertEvents) }
        return queries
    }

    /// A sitting is told of when it begins and when it ends. The same message once more changes nothing.
    private var upsertRuns: PostgresQuery {
        // One statement may touch a row once; an end has all that a beginning has.
        let latest = Dictionary(runs.map { (RunKey($0), $0) }) { $0.end == nil ? $1 : $0 }.values
        let runs = latest.sorted { ($0.replay, $0.id) < ($1.replay, $1.id) }
        return """
            INSERT INTO needrecord.replay_runs AS known (
                replay, run, started_at, ended_at, rate, charges_quotas, is_complete, operator, reason, selection
            )
            SELECT * FROM unnest(
                \(runs.map(\.replay.description))::uuid[], \(runs.map(\.id.description))::uuid[],
                \(runs.map { PostgresTimestamp($0.startedAt) })::timestamptz[],
                \(runs.map { $0.end.map { PostgresTimestamp($0.at) } })::timestamptz[], \(runs.map(\.rate))::integer[],
                \(runs.map(\.chargesQuotas))::boolean[], \(runs.map { $0.end?.isComplete ?? false })::boolean[],
                \(runs.map(\.operatorName))::text[], \(runs.map(\.reason))::text[],
                \(runs.map { Self.json($0.selection) })::jsonb[]
            )
            ON CONFLICT (replay, run) DO UPDATE SET ended_at = EXCLUDED.ended_at, is_complete = EXCLUDED.is_complete
            WHERE known.ended_at IS NULL
            """
    }

    private var insertEvents: PostgresQuery {
        let decisions = events.map(\.cause.decision)
        return """
            INSERT INTO needrecord.replayed_events (
                event_id, replay, replay_of, replayed_at, decided_at, rule, revision, reply_us, need_record, domain, app,
                stream, cause, reason, formats, worker, decision
            )
            SELECT e.event_id, e.replay, e.replay_of, e.replayed_at, e.decided_at, e.rule, e.revision, e.reply_us,
                e.need_record, e.domain, e.app, e.stream, e.cause, e.reason, e.formats::text[], e.worker, e.decision
            FROM unnest(
                \(events.map(\.event.id.description))::uuid[], \(events.map(\.replay.description))::uuid[],
                \(events.map(\.original.description))::uuid[],
                \(events.map { PostgresTimestamp($0.event.receivedAt) })::timestamptz[],
                \(decisions.map { $0.map { PostgresTimestamp($0.decidedAt) } })::timestamptz[],
                \(decisions.map { $0?.winner?.rawValue })::bigint[], \(decisions.map { $0?.revision })::bigint[],
                \(events.map(\.replyTime))::integer[], \(events.map { $0.cause.verdict != .skip })::boolean[],
                \(events.map(\.event.domain))::text[], \(events.map(\.event.app))::text[],
                \(events.map(\.event.stream))::text[], \(events.map(\.cause.name))::text[],
                \(decisions.map { $0?.reason.word })::text[],
                \(events.map { "{\($0.cause.verdict.formats.joined(separator: ","))}" })::text[],
                \(events.map(\.worker))::text[], \(decisions.map { $0.map(PostgresJSON.init) })::jsonb[]
            ) AS e (
                event_id, replay, replay_of, replayed_at, decided_at, rule, revision, reply_us, need_record, domain, app,
                stream, cause, reason, formats, worker, decision
            )
            ON CONFLICT DO NOTHING
            """
    }

    private struct RunKey: Hashable {
        let replay: EventID
        let run: EventID

        init(_ run: ReplayRun) {
            replay = run.replay
            self.run = run.id
        }
    }

    private static func json(_ selection: ReplaySelection) -> PostgresJSON {
        PostgresJSON(String(decoding: selection.encodedJSON(), as: UTF8.self))
    }
}
