import DecisionCore
import Postgres
import StreamReading
import TestSupport
import Testing

@testable import AuditTrail

/// What is read of the audit trail to be compared.
@Suite(.timeLimit(.minutes(1))) struct OutcomeReaderTests {
    private static let window = CallbackWindow(from: .example, to: Timestamp.example.advanced(by: .seconds(90)))

    /// An id of this many milliseconds after the beginning of the window.
    private static func id(_ milliseconds: Int, _ number: UInt64 = 0) -> EventID {
        let time = UInt64(Timestamp.example.millisecondsSinceEpoch + Int64(milliseconds))
        return EventID(high: time << 16 | 0x7000, low: 1 << 63 | number)
    }

    private func insert(_ ids: [EventID], _ owner: PostgresConnection) async throws {
        _ = try await owner.simpleQuery("SELECT needrecord.prepare_outcome_partitions('2023-11-14', '2023-11-14')")
        for id in ids {
            _ = try await owner.execute(
                """
                INSERT INTO needrecord.outcomes (event_id, gateway_run, minute, received_at, answer_us, publishes,
                    need_record, domain, app, stream, anomalies, cause, formats, gateway, answer)
                SELECT id, id, needrecord.event_minute(id), now(), 4000, 1, false, 'd', 'a', 's', '{}', 'timeout', '{}',
                    'gw-1', '{}'
                FROM (SELECT \(id.description)::uuid AS id) AS i
                """
            )
        }
    }

    @Test func `Outcomes are read in the order of their ids, those of the window and each once, whatever the pages`()
        async throws
    {
        try await ProductDatabase.with { database in
            let within = [
                Self.id(0), Self.id(0, 1), Self.id(1), Self.id(30_000), Self.id(30_000, 5), Self.id(61_000),
                Self.id(89_999),
            ]
            try await database.withConnection { owner in
                try await insert(within.reversed() + [Self.id(-1), Self.id(90_000), Self.id(200_000)], owner)
            }
            try await database.withConnection(role: "needrecord_reader") { connection in
                for size in [1, 2, 3, 7, 8, 20_000] {
                    var read: [EventID] = []
                    try await OutcomeReader(connection: connection, window: Self.window, pageSize: size)
                        .read { read.append($0.event) }
                    #expect(read == within, "pages of \(size)")
                }
            }
        }
    }

    @Test func `Minutes that touch the window are read, and the runs that are heard of later`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                // The window begins at 22:13:20 and ends at 22:14:50.
                for (number, minute) in ["22:12", "22:13", "22:14", "22:15", "22:16"].enumerated() {
                    _ = try await owner.execute(
                        """
                        INSERT INTO needrecord.gateway_minutes (gateway_run, minute, received, unkept, gateway, outcomes)
                        VALUES (\(Self.id(number).description)::uuid, \("2023-11-14 \(minute)Z")::text::timestamptz, 3, 1,
                            'gw-1', '{"decided": 2, "timeout": 1}')
                        """
                    )
                }
            }
            try await database.withConnection(role: "needrecord_reader") { connection in
                let reader = OutcomeReader(connection: connection, window: Self.window)
                let minutes = try await reader.minutes()
                #expect(minutes.map(\.run.id) == [Self.id(1), Self.id(2)])
                #expect(minutes.allSatisfy { $0.outcomes == ["decided": 2, "timeout": 1] && $0.unkept == 1 })
                let later = try await reader.laterRuns()
                #expect(Set(later.map(\.id)) == [Self.id(3), Self.id(4)])
                #expect(later.allSatisfy { $0.gateway == "gw-1" })
            }
        }
    }

    @Test func `The first day is that of the first partition`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let reader = OutcomeReader(connection: owner, window: Self.window)
                #expect(try await reader.firstDay() == nil)
                _ = try await owner.simpleQuery(
                    "SELECT needrecord.prepare_outcome_partitions('2023-11-14', '2023-11-16')"
                )
                #expect(try await reader.firstDay()?.description == "2023-11-14T00:00:00.000Z")
                _ = try await owner.simpleQuery("DROP TABLE needrecord.outcomes_20231114")
                #expect(try await reader.firstDay()?.description == "2023-11-15T00:00:00.000Z")
            }
        }
    }
}
