internal import BusinessState
internal import DecisionCore
internal import Postgres
internal import StreamReading
internal import Wire

/// Reads from the audit trail what callbacks were answered.
enum OutcomeLookup {
    /// How long a statement may take.
    private static let timeout: Duration = .seconds(600)

    /// The answers to these callbacks; none for those that have no outcome.
    ///
    /// - Throws: `PostgresError`, or `WireError` when a decision that is kept cannot be read.
    static func answers(
        to events: [EventID],
        on connection: PostgresConnection
    ) async throws -> [EventID: KeptAnswer] {
        let minutes = Set(events.map(\.minute)).sorted().map(PostgresTimestamp.init)
        let rows = try await connection.query(
            """
            SELECT event_id::text, cause, decision::text FROM needrecord.outcomes
            WHERE event_id = ANY (\(events.map(\.description))::uuid[]) AND minute = ANY (\(minutes)::timestamptz[])
            """,
            timeout: timeout
        )
        var answers: [EventID: KeptAnswer] = [:]
        for row in rows {
            let (id, cause, decision) = try row.decode((String, String, String?).self)
            guard let event = EventID(id) else { continue }
            answers[event] = KeptAnswer(cause: cause, decision: try decision.map(Self.decision))
        }
        return answers
    }

    /// Callbacks of a window with their answers, in the order of their ids.
    ///
    /// - Parameters:
    ///   - selection: What is looked for; what a query can say of it narrows what is read.
    ///   - last: The id after which to go on.
    ///   - limit: How many at most; fewer are all that are left.
    static func page(
        of selection: ReplaySelection,
        in window: CallbackWindow,
        after last: EventID,
        limit: Int,
        on connection: PostgresConnection
    ) async throws -> [ReplayCandidate] {
        let causes = selection.causes.isEmpty ? nil : selection.causes.sorted()
        let rows = try await connection.query(
            """
            SELECT event_id::text, received_at, domain, app, stream, bitrate, codec, anomalies, cause, decision::text
            FROM needrecord.outcomes
            WHERE minute >= needrecord.event_minute(\(window.firstID.description)::uuid)
                AND minute <= needrecord.event_minute(\(window.endID.description)::uuid)
                AND (event_id, minute) > (\(last.description)::uuid, needrecord.event_minute(\(last.description)::uuid))
                AND event_id < \(window.endID.description)::uuid
                AND (\(selection.domain?.exactName)::text IS NULL OR domain = \(selection.domain?.exactName))
                AND (\(selection.app?.exactName)::text IS NULL OR app = \(selection.app?.exactName))
                AND (\(selection.stream?.exactName)::text IS NULL OR stream = \(selection.stream?.exactName))
                AND (\(selection.rule?.rawValue)::bigint IS NULL OR rule = \(selection.rule?.rawValue))
                AND (\(causes)::text[] IS NULL OR cause = ANY (\(causes)::text[]))
            ORDER BY event_id, minute LIMIT \(limit)
            """,
            timeout: timeout
        )
        return try rows.map(candidate)
    }

    private static func candidate(_ row: PostgresRow) throws -> ReplayCandidate {
        guard let id = EventID(try row.decode(String.self, at: 0)) else {
            throw WireError(.invalidField, "event_id")
        }
        let event = StreamEvent(
            id: id,
            receivedAt: Timestamp(try row.decode(PostgresTimestamp.self, at: 1)),
            domain: try row.decode(String.self, at: 2),
            app: try row.decode(String.self, at: 3),
            stream: try row.decode(String.self, at: 4),
            bitrate: try row.decode(Int?.self, at: 5),
            codec: try row.decode(String?.self, at: 6).flatMap(VideoCodec.init),
            anomalies: try row.decode([String].self, at: 7).compactMap(EventAnomaly.init)
        )
        let decision = try row.decode(String?.self, at: 9)
        return ReplayCandidate(
            event: event,
            answer: KeptAnswer(
                cause: try row.decode(String.self, at: 8),
                decision: try decision.map(Self.decision)
            )
        )
    }

    private static func decision(_ text: String) throws(WireError) -> Decision {
        try Decision(decodingJSON: Array(text.utf8))
    }
}
