internal import BusinessState
internal import DecisionCore
internal import Postgres

/// What a leader does in the database. All of it goes over one connection, whose session holds the leader's lock: when
/// the session is gone, so is the lock, and nothing more can be written.
struct ProjectionStore: Sendable {
    /// The name of the stream that is brought into the database.
    let stream: String

    /// The first half of the lock's key; an arbitrary number that nothing else uses. The other half is the stream's.
    private static let lockSpace: Int32 = 0x6E72_6175

    /// What the session of a leader needs, besides what the configuration says.
    ///
    /// A lock must not outlive its holder by long. So the server looks after a machine that is gone within half a
    /// minute, instead of two hours, and ends a session that says nothing although it should.
    ///
    /// - Parameter patience: How long the session may say nothing.
    static func sessionSettings(patience: Duration) -> [String: String] {
        [
            "idle_session_timeout": "\(patience.components.seconds)s",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "4",
            "tcp_user_timeout": "30000",
        ]
    }

    /// Takes the lock unless somebody else has it.
    ///
    /// - Returns: Whether this session has it now.
    func takeLock(on connection: PostgresConnection) async throws(PostgresError) -> Bool {
        try await connection.query("SELECT pg_try_advisory_lock(\(Self.lockSpace)::integer, hashtext(\(stream)))")[0]
            .decode(Bool.self)
    }

    /// Where to go on reading.
    func position(on connection: PostgresConnection) async throws(PostgresError) -> StreamPosition {
        let rows = try await connection.pipeline([
            "INSERT INTO needrecord.projections (stream) VALUES (\(stream)) ON CONFLICT DO NOTHING",
            "SELECT next_offset, last_message FROM needrecord.projections WHERE stream = \(stream)",
        ])[1]
        let (next, lastMessage) = try rows[0].decode((Int64, String?).self)
        return StreamPosition(next: next, lastMessage: lastMessage)
    }

    /// The offset that is stored; nil when nothing is.
    ///
    /// Asking makes sure that the session is alive, too, and shows the server that this side is.
    func place(on connection: PostgresConnection) async throws(PostgresError) -> Int64? {
        try await connection.query("SELECT next_offset FROM needrecord.projections WHERE stream = \(stream)").first?
            .decode(Int64.self)
    }

    /// Writes a batch and moves the place in the stream, in one transaction.
    ///
    /// - Returns: What was written.
    /// - Throws: ``AuditorError`` when the place is not where the batch begins; ``PostgresError``. After an error nobody
    ///   knows whether the batch was written, except by the stored place.
    func write(_ batch: ProjectionBatch, on connection: PostgresConnection) async throws -> Written {
        do {
            return try await write(batch, isFirstTry: true, on: connection)
        } catch let error as PostgresError where error.isKnownOutcome {
            // COPY cannot leave out what is there already. It seldom is: a gateway has published it again.
            return try await write(batch, isFirstTry: false, on: connection)
        }
    }

    private func write(
        _ batch: ProjectionBatch,
        isFirstTry: Bool,
        on connection: PostgresConnection
    ) async throws -> Written {
        let rows = AuditRows(batch.records)
        return try await connection.withTransaction { connection in
            let notices = NoticeRows(batch.notices).inserts
            let results = try await connection.pipeline([move(with: batch)] + notices + rows.inserts)
            guard results[0].affectedRows == 1 else {
                throw AuditorError(.offsetMoved, "it is not at \(batch.previousOffset)")
            }
            var ids: Set<String> = []
            for rows in results.dropFirst().prefix(notices.count) {
                for row in rows { ids.insert(try row.decode(String.self)) }
            }
            // A notice that is in the batch twice is new once.
            let new = batch.notices.filter { ids.remove($0.id.description) != nil }
            _ = try await connection.pipeline(new.map(\.apply))
            var (known, conflicting): (Set<EventID>, [EventID]) =
                isFirstTry ? ([], []) : try rows.conflicts(with: try await connection.query(rows.findKnownOutcomes))
            conflicting += rows.conflictingOutcomes
            try await connection.copyIn(
                AuditRows.outcomesTable,
                columns: AuditRows.outcomeColumns,
                rows.outcomeData(without: known)
            )
            var counters = counters(batch, new: new)
            counters.outcomes = rows.outcomeCount - known.count
            counters.repeatedOutcomes = rows.repeatedOutcomes + known.count
            counters.conflictingOutcomes = conflicting.count
            return Written(counters: counters, conflicting: conflicting)
        }
    }

    /// What a batch came to.
    struct Written {
        var counters: AuditorCounters
        /// Events whose outcome was there already, and said something else.
        var conflicting: [EventID]
    }

    /// Finds which of a batch's records the database refuses, without keeping anything.
    ///
    /// - Returns: What it says of them, by their place in the batch.
    func refusals(of batch: ProjectionBatch, on connection: PostgresConnection) async throws -> [Int: PostgresError] {
        struct RollBack: Error {}
        var refusals: [Int: PostgresError] = [:]
        for (index, record) in batch.records.enumerated() {
            let rows = AuditRows([record])
            do {
                try await connection.withTransaction { connection in
                    _ = try await connection.pipeline(rows.inserts)
                    try await connection.copyIn(
                        AuditRows.outcomesTable,
                        columns: AuditRows.outcomeColumns,
                        rows.outcomeData()
                    )
                    throw RollBack()
                }
            } catch is RollBack {
                continue
            } catch let error as PostgresError where error.isRefusal && !error.isKnownOutcome {
                refusals[index] = error
            } catch let error as PostgresError where error.isKnownOutcome {
                continue
            }
        }
        return refusals
    }

    /// Makes sure that there is a place for the outcomes of a day.
    ///
    /// - Parameter day: Its beginning in UTC.
    func prepare(day: Timestamp, on connection: PostgresConnection) async throws(PostgresError) {
        let date = PostgresTimestamp(day)
        try await connection.execute(
            """
            SELECT needrecord.prepare_outcome_partitions(
                (\(date)::timestamptz AT TIME ZONE 'UTC')::date, (\(date)::timestamptz AT TIME ZONE 'UTC')::date
            )
            """
        )
    }

    /// Begins from the first message of another stream of the same name. What was written stays.
    func beginAnew(after position: StreamPosition, on connection: PostgresConnection) async throws(PostgresError) {
        try await connection.execute(
            """
            UPDATE needrecord.projections SET next_offset = 0, last_message = NULL, updated_at = now()
            WHERE stream = \(stream) AND next_offset = \(position.next)
            """
        )
    }

    /// Begins once more from a message of the same stream. What was written stays.
    ///
    /// - Parameter first: The first message that there is. What was removed before it and never read is counted as missed
    ///   now, because whoever reads from there cannot tell it from what was read.
    /// - Returns: The place before; nil when nothing is stored.
    func moveBack(to first: Int64, on connection: PostgresConnection) async throws(PostgresError) -> Int64? {
        try await connection.query(
            """
            WITH former AS (
                SELECT stream, next_offset FROM needrecord.projections WHERE stream = \(stream) FOR UPDATE
            )
            UPDATE needrecord.projections AS p
            SET next_offset = \(first), last_message = NULL, updated_at = now(),
                missed = p.missed + greatest(0, \(first) - former.next_offset)
            FROM former WHERE p.stream = former.stream RETURNING former.next_offset
            """
        ).first?.decode(Int64.self)
    }

    /// Ends reservations whose time is over, forgets those that ended long ago, makes partitions for the days to come, and
    /// forgets what of the audit trail is older than it is kept.
    func keepHouse(
        now: Timestamp,
        _ configuration: AuditorConfiguration,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> AuditorCounters {
        let ended = PostgresTimestamp(now.advanced(by: .zero - configuration.endedReservationRetention))
        let old = PostgresTimestamp(now.advanced(by: .seconds(-86_400 * configuration.retentionDays)))
        let today = PostgresTimestamp(now)
        let results = try await connection.pipeline([
            "SELECT needrecord.expire_reservations(\(PostgresTimestamp(now))::timestamptz)",
            "SELECT needrecord.prune_reservations(\(ended)::timestamptz)",
            """
            SELECT needrecord.prepare_outcome_partitions(
                (\(today)::timestamptz AT TIME ZONE 'UTC')::date, (\(today)::timestamptz AT TIME ZONE 'UTC')::date + 3
            )
            """,
        ])
        var counters = AuditorCounters()
        counters.expiredReservations = try results[0][0].decode(Int.self)
        counters.prunedReservations = try results[1][0].decode(Int.self)
        counters.pruned = try await connection.query(
            "SELECT needrecord.prune_audit_trail(\(old)::timestamptz, \(Self.pruneLimit))"
        )[0].decode(Int.self)
        counters.pruned += try await connection.query(
            "SELECT needrecord.prune_replays(\(old)::timestamptz, \(Self.pruneLimit))"
        )[0].decode(Int.self)
        return counters
    }

    /// The most rows of each table that one round of pruning deletes: what is left is left for the next.
    private static let pruneLimit = 10_000

    /// First in the transaction: whoever else writes, lock or no lock, waits here and then finds the place moved.
    private func move(with batch: ProjectionBatch) -> PostgresQuery {
        """
        UPDATE needrecord.projections
        SET next_offset = \(batch.position.next), last_message = \(batch.position.lastMessage)::text,
            missed = missed + \(batch.missed), updated_at = now()
        WHERE stream = \(stream) AND next_offset = \(batch.previousOffset)
        """
    }

    private func counters(_ batch: ProjectionBatch, new: [Notice]) -> AuditorCounters {
        var counters = AuditorCounters()
        counters.batches = 1
        counters.dead = batch.deadLetters.count
        counters.missed = Int(batch.missed)
        counters.outdated = batch.outdated
        counters.repeated = batch.notices.count - new.count
        for notice in new {
            switch notice.content {
            case .recordingStatus: counters.recordingStatuses += 1
            case .recordedFile: counters.recordedFiles += 1
            case .ingest: counters.ingestStatuses += 1
            }
        }
        return counters
    }
}
