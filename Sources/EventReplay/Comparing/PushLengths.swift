internal import BusinessState
internal import DecisionCore
internal import Postgres

/// Reads from the audit trail how long the pushes lasted that callbacks asked for.
enum PushLengths {
    /// How long a push lasted.
    struct Length: Sendable, Equatable {
        /// Whether the callback was the last attempt of its push: the others are not counted again.
        var isLastAttempt: Bool
        /// From the callback until the stream ended, in seconds; nil when nobody has told of its end.
        var seconds: Double?
    }

    /// The lengths, by event id; none for callbacks that have no outcome.
    ///
    /// A push ends when the platform says so, or else with the last file of it, and with the next push at the latest.
    ///
    /// - Throws: `PostgresError`.
    static func lengths(of events: [EventID], on connection: PostgresConnection) async throws -> [EventID: Length] {
        guard !events.isEmpty else { return [:] }
        let minutes = Set(events.map(\.minute)).sorted().map(PostgresTimestamp.init)
        let rows = try await connection.query(
            """
            SELECT o.event_id::text,
                next.received_at IS NULL OR next.received_at > o.received_at + needrecord.push_gap(),
                extract(epoch FROM greatest(
                    least(coalesce(ended.at, filed.at), next.received_at) - o.received_at, interval '0'
                ))::double precision,
                coalesce(ended.at, filed.at) IS NOT NULL
            FROM needrecord.outcomes AS o
            LEFT JOIN LATERAL (
                SELECT n.received_at
                FROM needrecord.outcomes AS n
                WHERE n.stream = o.stream AND n.app = o.app AND n.domain = o.domain
                    AND n.minute >= o.minute AND (n.received_at, n.event_id) > (o.received_at, o.event_id)
                ORDER BY n.minute, n.received_at, n.event_id LIMIT 1
            ) AS next ON true
            LEFT JOIN LATERAL (
                SELECT min(s.happened_at) AS at
                FROM needrecord.ingest_statuses AS s
                WHERE s.stream IN (o.stream, lower(o.stream)) AND s.app = o.app
                    AND s.ingest_domain = ANY (ARRAY(
                        SELECT o.domain::text UNION ALL
                        SELECT d.ingest_domain FROM needrecord.ingest_domains AS d WHERE d.play_domain = o.domain
                    ))
                    AND s.received_at >= o.received_at AND s.received_at < coalesce(next.received_at, 'infinity')
                    AND s.action = 'publish_done'
            ) AS ended ON true
            LEFT JOIN LATERAL (
                SELECT max(f.stop_time) AS at
                FROM needrecord.recorded_files AS f
                WHERE f.stream = o.stream AND f.app = o.app AND f.domain = o.domain
                    AND f.stop_time >= o.received_at AND f.start_time < coalesce(next.received_at, 'infinity')
                    AND f.stop_time < coalesce(next.received_at, 'infinity') + interval '1 day'
            ) AS filed ON true
            WHERE o.event_id = ANY (\(events.map(\.description))::uuid[]) AND o.minute = ANY (\(minutes)::timestamptz[])
            """,
            timeout: .seconds(600)
        )
        var lengths: [EventID: Length] = [:]
        for row in rows {
            let (id, isLast, seconds, isKnown) = try row.decode((String, Bool, Double?, Bool).self)
            guard let event = EventID(id) else { continue }
            lengths[event] = Length(isLastAttempt: isLast, seconds: isKnown ? seconds : nil)
        }
        return lengths
    }
}
