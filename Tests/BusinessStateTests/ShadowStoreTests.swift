import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ShadowStoreTests {
    private static func event(_ number: UInt64, stream: String = "teststream") -> StreamEvent {
        var event = StreamEvent.of(stream: stream)
        event.id = EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000 + number)
        return event
    }

    private static func decision(_ verdict: Decision.Verdict, rule: Int64?) -> Decision {
        Decision(
            verdict: verdict,
            reason: rule.map { .rule(Rule.ID(rawValue: $0)) } ?? .noRuleMatches,
            revision: 7,
            decidedAt: .example
        )
    }

    private static func keep(_ differences: [ShadowDifference], _ worker: PostgresConnection) async throws {
        try await ShadowStore().keep(differences, on: worker, timeout: .seconds(10))
    }

    /// What is kept, as an operator reads it.
    private static func kept(_ database: ProductDatabase) async throws -> [String] {
        try await database.withConnection(role: "needrecord_operator") { connection in
            try await connection.column(
                String.self,
                """
                SELECT concat_ws(
                    ' ', right(event_id::text, 1), decided_at, revision, domain, app, stream,
                    coalesce(live_rule::text, '-'), live_record, live_formats, live_intervals,
                    coalesce(shadow_rule::text, '-'), shadow_record, shadow_formats, shadow_intervals
                )
                FROM needrecord.shadow_differences ORDER BY event_id
                """
            )
        }
    }

    @Test func `Decisions that tell the platform the same are no difference`() throws {
        let skip = Self.decision(.skip, rule: 1)
        let record = Self.decision(.record(.template), rule: 1)
        let other = Self.decision(.record(try RecordingPlan(formats: [.mp4])), rule: 1)
        #expect(ShadowDifference(event: .of(), live: skip, shadow: Self.decision(.skip, rule: nil)) == nil)
        #expect(
            ShadowDifference(event: .of(), live: record, shadow: Self.decision(.record(.template), rule: 2)) == nil
        )
        #expect(ShadowDifference(event: .of(), live: skip, shadow: record) != nil)
        #expect(ShadowDifference(event: .of(), live: record, shadow: other) != nil)
    }

    @Test func `A worker keeps what differs, with both answers`() async throws {
        let plan = try RecordingPlan(formats: [.mp4, .m3u8], intervals: [.mp4: 300, .m3u8: 30])
        let differences = [
            ShadowDifference(
                event: Self.event(1),
                live: Self.decision(.skip, rule: nil),
                shadow: Self.decision(.record(plan), rule: 12)
            ),
            ShadowDifference(
                event: Self.event(2, stream: "it's {\"日本\"}, \\"),
                live: Self.decision(.record(.template), rule: 3),
                shadow: Self.decision(.skip, rule: 4)
            ),
        ].compactMap(\.self)
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_worker") { worker in
                try await Self.keep(differences, worker)
                try await Self.keep([], worker)
            }
            let time = "2026-11-22 18:45:00+00 7 test.com test123"
            #expect(
                try await Self.kept(database) == [
                    "1 \(time) teststream - f {} {} 12 t {mp4,m3u8} {\"mp4\": 300, \"m3u8\": 30}",
                    "2 \(time) it's {\"日本\"}, \\ 3 t {} {} 4 f {} {}",
                ]
            )
        }
    }

    @Test func `What is kept already stays as it is`() async throws {
        let first = try #require(
            ShadowDifference(
                event: Self.event(1),
                live: Self.decision(.skip, rule: 1),
                shadow: Self.decision(.record(.template), rule: 2)
            )
        )
        let again = try #require(
            ShadowDifference(
                event: Self.event(1),
                live: Self.decision(.record(.template), rule: 8),
                shadow: Self.decision(.skip, rule: 9)
            )
        )
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_worker") { worker in
                try await Self.keep([first], worker)
                let before = try await Self.kept(database)
                var next = first
                next.event = Self.event(2)
                try await Self.keep([again, next], worker)
                let after = try await Self.kept(database)
                #expect(after.count == 2)
                #expect(after[0] == before[0])
            }
        }
    }

    @Test func `Five hundred at a time are kept`() async throws {
        let differences = (0..<500).compactMap { number in
            ShadowDifference(
                event: Self.event(number),
                live: Self.decision(.skip, rule: nil),
                shadow: Self.decision(.record(.template), rule: 1)
            )
        }
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_worker") { worker in
                try await Self.keep(differences, worker)
            }
            #expect(try await Self.kept(database).count == 500)
        }
    }
}
