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

    /// Makes sure that the session is alive, and shows the server that this side is.
    func pulse(on connection: PostgresConnection) async throws(PostgresError) {
        try await connection.execute("SELECT 1")
    }

    /// Writes a batch and moves the place in the stream, in one transaction.
    ///
    /// - Returns: What was written.
    /// - Throws: ``AuditorError`` when the place is not where the batch begins; ``PostgresError``. After an error nobody
    ///   knows whether the batch was written, except by the stored place.
    func write(_ batch: ProjectionBatch, on connection: PostgresConnection) async throws -> AuditorCounters {
        let new = try await connection.withTransaction { connection in
            let results = try await connection.pipeline([move(with: batch)] + NoticeRows(batch.notices).inserts)
            guard results[0].affectedRows == 1 else {
                throw AuditorError(.offsetMoved, "it is not at \(batch.previousOffset)")
            }
            var ids: Set<String> = []
            for rows in results.dropFirst() {
                for row in rows { ids.insert(try row.decode(String.self)) }
            }
            // A notice that is in the batch twice is new once.
            let new = batch.notices.filter { ids.remove($0.id.description) != nil }
            _ = try await connection.pipeline(new.map(\.apply))
            return new
        }
        return counters(batch, new: new)
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

    /// Ends reservations whose time is over, and forgets those that ended long ago.
    func keepHouse(
        now: Timestamp,
        retention: Duration,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> AuditorCounters {
        let before = PostgresTimestamp(now.advanced(by: .zero - retention))
        let results = try await connection.pipeline([
            "SELECT needrecord.expire_reservations(\(PostgresTimestamp(now))::timestamptz)",
            "SELECT needrecord.prune_reservations(\(before)::timestamptz)",
        ])
        var counters = AuditorCounters()
        counters.expiredReservations = try results[0][0].decode(Int.self)
        counters.prunedReservations = try results[1][0].decode(Int.self)
        return counters
    }

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
