internal import BusinessState
internal import DecisionCore
internal import Postgres
internal import Wire

/// The records of a batch as rows, and the statements that write them.
struct AuditRows {
    private var outcomes: [Outcome] = []
    private var lateDecisions: [LateDecision] = []
    private var undeliverableReplies: [UndeliverableReply] = []
    private var minutes: [GatewayMinute] = []
    private var replays = ReplayRows()
    /// Outcomes that are in the batch more than once, beyond the first.
    private(set) var repeatedOutcomes = 0
    /// Those of them that say something else than the first.
    private(set) var conflictingOutcomes: [EventID] = []

    init(_ records: [AuditRecord]) {
        var known: [EventID: Int] = [:]
        for record in records {
            switch record {
            case .outcome(let outcome):
                if let first = known[outcome.event.id] {
                    repeatedOutcomes += 1
                    if !outcome.says(outcomes[first].cause.name, outcomes[first].answer) {
                        conflictingOutcomes.append(outcome.event.id)
                    }
                } else {
                    known[outcome.event.id] = outcomes.count
                    outcomes.append(outcome)
                }
            case .lateDecision(let late): lateDecisions.append(late)
            case .undeliverableReply(let reply): undeliverableReplies.append(reply)
            case .minute(let minute): minutes.append(minute)
            case .replay(let run): replays.add(run)
            case .replayed(let event): replays.add(event)
            }
        }
    }

    /// How many outcomes there are to write.
    var outcomeCount: Int { outcomes.count }

    // MARK: - Outcomes

    static let outcomesTable = PostgresIdentifier(schema: "needrecord", "outcomes")

    static let outcomeColumns = [
        "event_id", "gateway_run", "minute", "received_at", "decided_at", "rule", "revision", "answer_us", "publish_us",
        "reply_us", "worker_us", "facts_us", "bitrate", "publishes", "need_record", "domain", "app", "stream", "codec",
        "anomalies", "cause", "reason", "formats", "gateway", "worker", "answer", "decision",
        "late_of",
    ]

    /// The outcomes for COPY into ``outcomesTable``.
    func outcomeData(without known: Set<EventID> = []) -> PostgresCopyData {
        var data = PostgresCopyData(columnCount: Self.outcomeColumns.count)
        for outcome in outcomes where !known.contains(outcome.event.id) {
            let event = outcome.event
            let decision = outcome.cause.decision
            data.append(
                event.id.description,
                outcome.run.id.description,
                PostgresTimestamp(event.id.minute),
                PostgresTimestamp(event.receivedAt),
                decision.map { PostgresTimestamp($0.decidedAt) },
                decision?.winner?.rawValue,
                decision?.revision,
                outcome.times.answered,
                outcome.times.published,
                outcome.times.replied,
                outcome.times.worker,
                outcome.times.facts,
                event.bitrate,
                outcome.publishCount,
                outcome.verdict != .skip,
                event.domain,
                event.app,
                event.stream,
                event.codec?.rawValue,
                event.anomalies.map(\.rawValue),
                outcome.cause.name,
                decision?.reason.word,
                outcome.verdict.formats,
                outcome.run.gateway,
                outcome.worker,
                outcome.answer,
                decision.map(PostgresJSON.init),
                outcome.lateOf?.description
            )
        }
        return data
    }

    /// Finds which of the outcomes are written already. Only the writer whose place it is asks, so nothing comes between.
    var findKnownOutcomes: PostgresQuery {
        """
        SELECT event_id, cause, answer FROM needrecord.outcomes
        WHERE event_id = ANY (\(outcomes.map(\.event.id.description))::uuid[])
            AND minute = ANY (\(Array(Set(outcomes.map(\.event.id.minute))).sorted().map(PostgresTimestamp.init))::timestamptz[])
        """
    }

    /// Of outcomes that are written already, those that say something else than what is written.
    func conflicts(with rows: PostgresRows) throws -> (known: Set<EventID>, conflicting: [EventID]) {
        let byID = Dictionary(uniqueKeysWithValues: outcomes.map { ($0.event.id, $0) })
        var known: Set<EventID> = []
        var conflicting: [EventID] = []
        for row in rows {
            let (text, cause, answer) = try row.decode((String, String, String).self)
            guard let id = EventID(text), let outcome = byID[id] else { continue }
            known.insert(id)
            if !outcome.says(cause, answer) { conflicting.append(id) }
        }
        return (known, conflicting)
    }

    // MARK: - The others

    /// The statements for what is rare, one for each table that gets rows.
    var inserts: [PostgresQuery] {
        var queries: [PostgresQuery] = []
        if !lateDecisions.isEmpty { queries.append(insertLateDecisions) }
        if !undeliverableReplies.isEmpty { queries.append(insertUndeliverableReplies) }
        if !minutes.isEmpty { queries.append(upsertMinutes) }
        return queries + replays.inserts
    }

    private var insertLateDecisions: PostgresQuery {
        let decisions = lateDecisions.map(\.decision)
        return """
            INSERT INTO needrecord.late_decisions (
                event_id, received_at, late_us, gateway_run, gateway, worker, need_record, rule, revision, decision
            )
            SELECT * FROM unnest(
                \(lateDecisions.map(\.eventID.description))::uuid[],
                \(lateDecisions.map { PostgresTimestamp($0.receivedAt) })::timestamptz[],
                \(lateDecisions.map(\.lateBy))::bigint[], \(lateDecisions.map(\.run.id.description))::uuid[],
                \(lateDecisions.map(\.run.gateway))::text[], \(lateDecisions.map(\.worker))::text[],
                \(decisions.map { $0.verdict != .skip })::boolean[], \(decisions.map { $0.winner?.rawValue })::bigint[],
                \(decisions.map(\.revision))::bigint[], \(decisions.map(PostgresJSON.init))::jsonb[]
            )
            ON CONFLICT DO NOTHING
            """
    }

    private var insertUndeliverableReplies: PostgresQuery {
        let decisions = undeliverableReplies.map(\.decision)
        return """
            INSERT INTO needrecord.undeliverable_replies (
                event_id, returned_at, worker, need_record, rule, revision, decision
            )
            SELECT * FROM unnest(
                \(undeliverableReplies.map(\.eventID.description))::uuid[],
                \(undeliverableReplies.map { PostgresTimestamp($0.returnedAt) })::timestamptz[],
                \(undeliverableReplies.map(\.worker))::text[],
                \(decisions.map { $0.verdict != .skip })::boolean[], \(decisions.map { $0.winner?.rawValue })::bigint[],
                \(decisions.map(\.revision))::bigint[], \(decisions.map(PostgresJSON.init))::jsonb[]
            )
            ON CONFLICT DO NOTHING
            """
    }

    /// A minute that is told of again has its new totals. The same message once more changes nothing, and an older one
    /// nothing either.
    private var upsertMinutes: PostgresQuery {
        // One statement may touch a row once; the last word counts.
        let latest = Dictionary(minutes.map { (MinuteKey($0), $0) }) { $0.received > $1.received ? $0 : $1 }.values
        let minutes = latest.sorted { ($0.minute, $0.run.id) < ($1.minute, $1.run.id) }
        return """
            INSERT INTO needrecord.gateway_minutes AS known (gateway_run, minute, received, unkept, gateway, outcomes)
            SELECT * FROM unnest(
                \(minutes.map(\.run.id.description))::uuid[],
                \(minutes.map { PostgresTimestamp($0.minute) })::timestamptz[],
                \(minutes.map(\.received))::bigint[], \(minutes.map(\.unkept))::bigint[],
                \(minutes.map(\.run.gateway))::text[], \(minutes.map { Self.json($0.outcomes) })::jsonb[]
            )
            ON CONFLICT (gateway_run, minute) DO UPDATE
            SET received = EXCLUDED.received, unkept = EXCLUDED.unkept, outcomes = EXCLUDED.outcomes
            WHERE (EXCLUDED.received, EXCLUDED.unkept) >= (known.received, known.unkept)
            """
    }

    private struct MinuteKey: Hashable {
        let run: EventID
        let minute: Timestamp

        init(_ minute: GatewayMinute) {
            run = minute.run.id
            self.minute = minute.minute
        }
    }

    // MARK: - JSON

    private static func json(_ counts: [String: Int]) -> PostgresJSON {
        var writer = JSONWriter()
        writer.object { writer in
            for (cause, count) in counts { writer.member(named: cause, count) }
        }
        return PostgresJSON(String(decoding: writer.bytes, as: UTF8.self))
    }
}

extension Outcome {
    /// Whether another outcome of the same callback says the same, as far as it matters.
    fileprivate func says(_ cause: String, _ answer: String) -> Bool {
        self.cause.name == cause && self.answer == answer
    }
}
