internal import BusinessState
public import DecisionCore
public import Postgres
internal import Wire

/// What the audit trail knows of a replay.
public struct ReplayHistory: Sendable {
    /// Its first sitting.
    public var first: ReplayRun

    /// Reads it; nil when there is no such replay.
    ///
    /// - Throws: `PostgresError`, or `WireError` when the selection that is kept cannot be read.
    public static func read(_ replay: EventID, on connection: PostgresConnection) async throws -> ReplayHistory? {
        let rows = try await connection.query(
            """
            SELECT run::text, started_at, operator, reason, selection::text, rate, charges_quotas
            FROM needrecord.replay_runs WHERE replay = \(replay.description)::uuid ORDER BY started_at, run LIMIT 1
            """
        )
        guard let row = rows.first else { return nil }
        let (text, startedAt, name, reason, selection, rate, charges) = try row.decode(
            (String, PostgresTimestamp, String, String, String, Int, Bool).self
        )
        guard let run = EventID(text) else { throw WireError(.invalidField, "run") }
        return ReplayHistory(
            first: ReplayRun(
                replay: replay,
                id: run,
                startedAt: Timestamp(startedAt),
                operatorName: name,
                reason: reason,
                selection: try ReplaySelection(decodingJSON: Array(selection.utf8)),
                rate: rate,
                chargesQuotas: charges
            )
        )
    }

    /// The callbacks that were decided in a replay, once the auditor has written the beginning of a sitting: records
    /// are written in the order in which they were sent, so everything from before it is there then.
    ///
    /// - Parameter orEnd: Throws when it is not to be waited for any more.
    /// - Throws: ``EventReplayError`` when the sitting is not there within a time; `PostgresError`; what `orEnd` throws.
    static func decided(
        before run: ReplayRun,
        within patience: Duration,
        on connection: PostgresConnection,
        orEnd: () throws -> Void
    ) async throws -> Set<EventID> {
        let deadline = ContinuousClock.now + patience
        while true {
            let isThere = try await connection.query(
                """
                SELECT EXISTS (
                    SELECT FROM needrecord.replay_runs
                    WHERE replay = \(run.replay.description)::uuid AND run = \(run.id.description)::uuid
                )
                """
            )[0].decode(Bool.self)
            if isThere { break }
            try orEnd()
            guard ContinuousClock.now < deadline else {
                throw EventReplayError(.auditorBehind, "after \(patience); is one running?")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        let rows = try await connection.query(
            """
            SELECT DISTINCT replay_of::text FROM needrecord.replayed_events
            WHERE replay = \(run.replay.description)::uuid AND cause = 'decided'
            """,
            timeout: .seconds(600)
        )
        return Set(try rows.compactMap { EventID(try $0.decode(String.self)) })
    }
}
