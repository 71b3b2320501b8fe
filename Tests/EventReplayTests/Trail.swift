import BusinessState
import DecisionCore
import Postgres
import TestSupport

/// Rows of the audit trail, as an owner of the database writes them.
struct Trail: Sendable {
    let connection: PostgresConnection

    /// Runs `body` with an audit trail that has nothing in it, on a connection as replays have it.
    static func with(_ body: (Trail, ProductDatabase) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let day = Timestamp.example.description.prefix(10)
                try await owner.simpleQuery("SELECT needrecord.prepare_outcome_partitions('\(day)', '\(day)')")
                try await body(Trail(connection: owner), database)
            }
        }
    }

    /// A callback that was answered, so many seconds after the example's time.
    func outcome(_ number: Int, at seconds: Int, stream: String = "s") async throws {
        let id = EventID(
            high: UInt64(Timestamp.example.millisecondsSinceEpoch + Int64(seconds) * 1_000) << 16 | 0x7000,
            low: 1 << 63 | UInt64(number)
        )
        try await connection.simpleQuery(
            """
            INSERT INTO needrecord.outcomes (
                event_id, gateway_run, minute, received_at, answer_us, publishes, need_record, domain, app, stream,
                anomalies, cause, formats, gateway, answer
            ) VALUES (
                '\(id)', '\(id)', needrecord.event_minute('\(id)'), '\(id.timestamp)', 1, 1, false, 'd', 'a', '\(stream)',
                '{}', 'timeout', '{}', 'gw-1', '{}'
            )
            """
        )
    }

    /// The id that ``outcome(_:at:stream:)`` has given.
    static func id(_ number: Int, at seconds: Int) -> EventID {
        EventID(
            high: UInt64(Timestamp.example.millisecondsSinceEpoch + Int64(seconds) * 1_000) << 16 | 0x7000,
            low: 1 << 63 | UInt64(number)
        )
    }

    /// The platform has told of the end of a stream.
    func end(at seconds: Int, stream: String = "s") async throws {
        let time = Timestamp.example.advanced(by: .seconds(seconds))
        try await connection.simpleQuery(
            """
            INSERT INTO needrecord.ingest_statuses (event_id, received_at, happened_at, ingest_domain, app, stream, action)
            VALUES (gen_random_uuid(), '\(time)', '\(time)', 'd', 'a', '\(stream)', 'publish_done')
            """
        )
    }

    /// The platform has told of a file.
    func file(from start: Int, to stop: Int, stream: String = "s") async throws {
        let (first, last) = (start, stop)
        try await connection.simpleQuery(
            """
            INSERT INTO needrecord.recorded_files (
                event_id, received_at, start_time, stop_time, duration_ms, domain, app, stream, uri
            ) VALUES (
                gen_random_uuid(), '\(Timestamp.example.advanced(by: .seconds(last)))',
                '\(Timestamp.example.advanced(by: .seconds(first)))',
                '\(Timestamp.example.advanced(by: .seconds(last)))', \((last - first) * 1_000), 'd', 'a', '\(stream)',
                '\(stream)/\(first).mp4'
            )
            """
        )
    }
}
