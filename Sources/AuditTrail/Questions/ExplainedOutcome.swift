internal import BusinessState
public import DecisionCore
public import Postgres
internal import Wire

/// What of an outcome its decision can be made again from.
public struct ExplainedOutcome: Sendable {
    /// The question.
    public var event: StreamEvent
    /// `decided`, or why the default was answered.
    public var cause: String
    /// The body of the answer.
    public var answer: String
    /// The decision in time; else the one that came too late, if one did.
    public var decision: Decision?
    /// The callback that the decision was made for, when it was another one, as ``Outcome/lateOf``.
    public var lateOf: EventID?

    /// Reads an outcome; nil when there is none of this event.
    ///
    /// - Throws: ``PostgresError``, or `WireError` when the decision that is kept cannot be read.
    public static func read(_ id: EventID, on connection: PostgresConnection) async throws -> ExplainedOutcome? {
        let rows = try await connection.query(
            """
            SELECT o.received_at, o.domain, o.app, o.stream, o.bitrate, o.codec, o.cause, o.answer,
                coalesce(o.decision, l.decision)::text, o.late_of::text
            FROM needrecord.outcomes AS o
            LEFT JOIN needrecord.late_decisions AS l ON l.event_id = o.event_id
            WHERE o.event_id = \(id.description)::uuid AND o.minute = needrecord.event_minute(\(id.description)::uuid)
            """
        )
        guard let row = rows.first else { return nil }
        let event = StreamEvent(
            id: id,
            receivedAt: Timestamp(try row.decode(PostgresTimestamp.self, at: 0)),
            domain: try row.decode(String.self, at: 1),
            app: try row.decode(String.self, at: 2),
            stream: try row.decode(String.self, at: 3),
            bitrate: try row.decode(Int?.self, at: 4),
            codec: try row.decode(String?.self, at: 5).flatMap(VideoCodec.init)
        )
        let decision = try row.decode(String?.self, at: 8)
        return ExplainedOutcome(
            event: event,
            cause: try row.decode(String.self, at: 6),
            answer: try row.decode(String.self, at: 7),
            decision: try decision.map { try Decision(decodingJSON: Array($0.utf8)) },
            lateOf: try row.decode(String?.self, at: 9).flatMap(EventID.init)
        )
    }
}
