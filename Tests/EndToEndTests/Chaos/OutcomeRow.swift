import Postgres
import TestSupport

/// What the audit trail has of a callback.
struct OutcomeRow: Sendable {
    var eventID: String
    var gateway: String
    var domain: String
    var stream: String
    var cause: String
    var needRecord: Bool
    var answer: String

    var isDecided: Bool { cause == "decided" }
}

/// A decision that came too late, or to nobody.
struct StrayDecision: Sendable {
    var eventID: String
    /// Seconds from the callback to the clock that was decided by.
    var age: Double
}

extension Deployment {
    /// All outcomes that the audit trail has.
    func outcomeRows() async throws -> [OutcomeRow] {
        try await database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query(
                "SELECT event_id, gateway, domain, stream, cause, need_record, answer FROM needrecord.outcomes"
            )
            .map { row in
                let (eventID, gateway, domain, stream, cause, needRecord, answer) =
                    try row.decode((String, String, String, String, String, Bool, String).self)
                return OutcomeRow(
                    eventID: eventID,
                    gateway: gateway,
                    domain: domain,
                    stream: stream,
                    cause: cause,
                    needRecord: needRecord,
                    answer: answer
                )
            }
        }
    }

    /// All decisions that came too late, or to nobody. The first 48 bits of an event id are the callback's time.
    func strayDecisions() async throws -> [StrayDecision] {
        try await database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query(
                """
                SELECT event_id::text,
                    ((decision->>'decided_at')::bigint
                        - ('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint)::float8 / 1000
                FROM (
                    SELECT event_id, decision FROM needrecord.late_decisions
                    UNION ALL SELECT event_id, decision FROM needrecord.undeliverable_replies
                ) AS stray
                """
            )
            .map { row in
                let (eventID, age) = try row.decode((String, Double).self)
                return StrayDecision(eventID: eventID, age: age)
            }
        }
    }
}
