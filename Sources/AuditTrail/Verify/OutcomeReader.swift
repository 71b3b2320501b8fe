internal import DecisionCore
internal import Postgres
internal import StreamReading

/// Reads what is kept of a window from the database, a page at a time.
struct OutcomeReader {
    let connection: PostgresConnection
    let window: CallbackWindow
    /// How many outcomes are in memory at once, at most.
    var pageSize = 20_000

    /// What the gateways have counted, in all minutes that touch the window.
    func minutes() async throws -> [GatewayMinute] {
        let rows = try await connection.query(
            """
            SELECT m.gateway_run::text, m.minute, m.gateway, m.received, m.unkept, o.key, o.value::bigint
            FROM needrecord.gateway_minutes AS m LEFT JOIN LATERAL jsonb_each_text(m.outcomes) AS o ON true
            WHERE m.minute > \(window.from.moment)::timestamptz - interval '1 minute'
                AND m.minute < \(window.to.moment)::timestamptz
            ORDER BY m.gateway_run, m.minute
            """
        )
        var minutes: [GatewayMinute] = []
        for row in rows {
            let (run, moment, gateway, received, unkept, cause, count) = try row.decode(
                (String, PostgresTimestamp, String, Int, Int, String?, Int?).self
            )
            let gatewayRun = GatewayRun(gateway: gateway, id: try Self.id(run))
            let minute = Timestamp(millisecondsSinceEpoch: moment.microsecondsSinceEpoch / 1_000)
            if minutes.last?.run != gatewayRun || minutes.last?.minute != minute {
                minutes.append(
                    GatewayMinute(run: gatewayRun, minute: minute, received: received, outcomes: [:], unkept: unkept)
                )
            }
            if let cause, let count { minutes[minutes.count - 1].outcomes[cause] = count }
        }
        return minutes
    }

    /// The runs that have told of a minute since the window; each is a gateway that was alive.
    func laterRuns() async throws -> [GatewayRun] {
        let rows = try await connection.query(
            """
            SELECT DISTINCT gateway_run::text, gateway FROM needrecord.gateway_minutes
            WHERE minute >= \(window.to.moment)::timestamptz
            """
        )
        return try rows.map { row in
            let (run, gateway) = try row.decode((String, String).self)
            return GatewayRun(gateway: gateway, id: try Self.id(run))
        }
    }

    /// The beginning of the first day that outcomes are kept of; nil when there is none.
    func firstDay() async throws -> Timestamp? {
        let day = try await connection.query(
            """
            SELECT min(to_date(right(c.relname, 8), 'YYYYMMDD'))::timestamp AT TIME ZONE 'UTC'
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'needrecord.outcomes'::regclass AND NOT i.inhdetachpending
                AND c.relname ~ '^outcomes_\\d{8}$'
            """
        )[0].decode(PostgresTimestamp?.self)
        return day.map { Timestamp(millisecondsSinceEpoch: $0.microsecondsSinceEpoch / 1_000) }
    }

    /// Reads all outcomes in the order of their ids.
    func read(_ body: (AuditComparison.KeptOutcome) -> Void) async throws {
        var last: EventID?
        while true {
            let page = try await page(after: last)
            for outcome in page { body(outcome) }
            last = page.last?.event
            if page.count < pageSize { return }
        }
    }

    /// The next outcomes in the order of their ids; none when there are no more.
    ///
    /// - Parameter last: The last one of the page before, and its minute.
    private func page(after last: EventID?) async throws -> [AuditComparison.KeptOutcome] {
        // The first id is below all others of the window, so that `>` loses none.
        let last = last ?? window.firstID
        let rows = try await connection.query(
            """
            SELECT event_id::text, gateway_run::text, gateway, cause, late_of IS NOT NULL FROM needrecord.outcomes
            WHERE minute >= needrecord.event_minute(\(window.firstID.description)::uuid)
                AND minute <= needrecord.event_minute(\(window.endID.description)::uuid)
                AND (event_id, minute) > (\(last.description)::uuid, needrecord.event_minute(\(last.description)::uuid))
                AND event_id < \(window.endID.description)::uuid
            ORDER BY event_id, minute LIMIT \(pageSize)
            """
        )
        return try rows.map { row in
            let (event, run, gateway, cause, isLate) = try row.decode((String, String, String, String, Bool).self)
            return AuditComparison.KeptOutcome(
                event: try Self.id(event),
                run: GatewayRun(gateway: gateway, id: try Self.id(run)),
                cause: cause,
                isLateDecision: isLate
            )
        }
    }

    /// How far the auditor is in a stream, and how many messages it has missed; nil when none ever began.
    func place(in stream: String) async throws -> (next: Int64, missed: Int)? {
        let rows = try await connection.query(
            "SELECT next_offset, missed FROM needrecord.projections WHERE stream = \(stream)"
        )
        return try rows.first.map { try $0.decode((Int64, Int).self) }
    }

    private static func id(_ text: String) throws -> EventID {
        guard let id = EventID(text) else { throw AuditVerificationError("\(text) is no id of an event or run") }
        return id
    }
}

extension Timestamp {
    fileprivate var moment: PostgresTimestamp {
        PostgresTimestamp(microsecondsSinceEpoch: millisecondsSinceEpoch * 1_000)
    }
}
