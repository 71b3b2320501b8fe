import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// The database and the program agree on the minute that an event id was made in.
@Suite(.timeLimit(.minutes(1))) struct EventMinuteTests {
    /// Ids of every time that an id can have, most of them of this century, and the first and last of some minutes.
    private static let ids: [EventID] = {
        var random = SeededGenerator(seed: 7)
        var times = (0..<5_000).map { _ in UInt64.random(in: 0..<1 << 48, using: &random) }
        times += (0..<5_000).map { _ in UInt64.random(in: 946_684_800_000..<4_102_444_800_000, using: &random) }
        for minute in (0..<1_000).map({ _ in UInt64.random(in: 0..<1 << 32, using: &random) * 60_000 }) {
            times += [minute, minute + 59_999, minute + 60_000]
        }
        times += [0, 1, 59_999, 60_000, 1 << 48 - 1]
        return times.map {
            EventID(
                high: $0 << 16 | 0x7000 | .random(in: 0..<1 << 12, using: &random),
                low: 1 << 63 | .random(in: 0..<1 << 62, using: &random)
            )
        }
    }()

    @Test func `The minute of an id is that of its time`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let minutes = try await owner.column(
                    Int64.self,
                    """
                    SELECT (extract(epoch FROM needrecord.event_minute(id)) * 1000)::bigint
                    FROM unnest(\(Self.ids.map(\.description))::uuid[]) WITH ORDINALITY AS ids (id, number)
                    ORDER BY number
                    """
                )
                #expect(minutes == Self.ids.map { $0.timestamp.millisecondsSinceEpoch / 60_000 * 60_000 })
            }
        }
    }

    @Test func `A check of the minute, and a look for an id, cost no call`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            let plan = try await owner.lines("EXPLAIN VERBOSE SELECT needrecord.event_minute(gen_random_uuid())")
            #expect(plan.contains { $0.contains("uuid_send") } && !plan.contains { $0.contains("event_minute") })
            let look = try await owner.lines(
                """
                EXPLAIN SELECT FROM needrecord.outcomes
                WHERE event_id = '01a20814-a360-7000-8000-000000000001'
                    AND minute = needrecord.event_minute('01a20814-a360-7000-8000-000000000001')
                """
            )
            #expect(look.filter { $0.contains(" on outcomes") }.count == 1, "\(look)")
            #expect(look.contains { $0.contains(" on outcomes_20261123 ") }, "\(look)")
        }
    }
}
