internal import AMQP
internal import Postgres
internal import StreamReading
internal import Wire

/// How far the auditor is. What it has not written yet looks as if nobody had answered it.
enum AuditorPlace {
    /// How long it may take for what is in the stream.
    private static let patience: Duration = .seconds(5)

    /// How many messages of the outcomes stream, as it is now, no auditor has written when patience ends.
    ///
    /// - Throws: `AMQPError`, `StreamError` or `PostgresError`.
    static func behind(
        _ topology: Topology,
        _ broker: AMQPConnection,
        _ connection: PostgresConnection
    ) async throws -> Int64 {
        let probe = StreamProbe(connection: broker, stream: topology.outcomesStream, patience: .seconds(1))
        guard let last = try await probe.last() else { return 0 }
        let deadline = ContinuousClock.now + patience
        while true {
            let rows = try await connection.query(
                "SELECT next_offset FROM needrecord.projections WHERE stream = \(topology.outcomesStream)"
            )
            let next = try rows.first?.decode(Int64.self, at: 0) ?? 0
            if next > last.offset { return 0 }
            if ContinuousClock.now >= deadline { return last.offset + 1 - next }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Makes sure that it has written what there is.
    ///
    /// - Throws: ``EventReplayError`` when it has not; otherwise as ``behind(_:_:_:)``.
    static func require(
        _ topology: Topology,
        _ broker: AMQPConnection,
        _ connection: PostgresConnection
    ) async throws {
        let behind = try await behind(topology, broker, connection)
        guard behind == 0 else { throw EventReplayError(.auditorBehind, "\(behind) messages wait; is one running?") }
    }
}
