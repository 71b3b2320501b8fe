import DecisionCore
import Postgres
import TestSupport
import Testing

/// The attempts of one push are one row.
@Suite(.timeLimit(.minutes(1))) struct PushesViewTests {
    private static func pushes(_ owner: PostgresConnection, _ filter: String = "true") async throws -> [String] {
        try await owner.lines(
            """
            SELECT domain, app, stream, to_char(minute, 'HH24:MI'), to_char(first_at, 'HH24:MI:SS.MS'),
                to_char(last_at, 'HH24:MI:SS.MS'), attempts, agree, need_record, array_to_string(causes, ','),
                array_to_string(gateways, ','),
                (SELECT string_agg(right(id::text, 2), ',' ORDER BY n) FROM unnest(event_ids) WITH ORDINALITY AS e (id, n))
            FROM needrecord.pushes WHERE \(filter) ORDER BY first_at, stream, app, domain
            """
        )
    }

    @Test func `Callbacks of a stream within twenty seconds of one another are one push`() async throws {
        let rows = [
            OutcomeRow("10:00:00", 1), OutcomeRow("10:00:20", 2), OutcomeRow("10:00:40", 3),
            OutcomeRow("10:01:00.001", 4),
            // Between them, of other streams.
            OutcomeRow("10:00:05", 5, ["stream": "'t'"]), OutcomeRow("10:00:06", 6, ["app": "'b'"]),
            OutcomeRow("10:00:07", 7, ["domain": "'e'"]), OutcomeRow("10:00:08", 8, ["stream": "'S'"]),
        ]
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows.reversed())
            #expect(
                try await Self.pushes(owner) == [
                    "d a s 10:00 10:00:00.000 10:00:40.000 3 t t decided,decided,decided gw-1,gw-1,gw-1 01,02,03",
                    "d a t 10:00 10:00:05.000 10:00:05.000 1 t t decided gw-1 05",
                    "d b s 10:00 10:00:06.000 10:00:06.000 1 t t decided gw-1 06",
                    "e a s 10:00 10:00:07.000 10:00:07.000 1 t t decided gw-1 07",
                    "d a S 10:00 10:00:08.000 10:00:08.000 1 t t decided gw-1 08",
                    "d a s 10:01 10:01:00.001 10:01:00.001 1 t t decided gw-1 04",
                ]
            )
        }
    }

    @Test func `What each attempt was answered is there, and whether all were answered alike`() async throws {
        let rows = [
            OutcomeRow.fallback("10:00:00", 1), OutcomeRow("10:00:06", 2, ["gateway": "'gw-2'"]),
            OutcomeRow("11:00:00", 3), OutcomeRow("11:00:01", 4, ["answer": #"'{"NeedRecord": true}'"#]),
            OutcomeRow("12:00:00", 5), OutcomeRow.skip("12:00:01", 6),
        ]
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            #expect(
                try await Self.pushes(owner) == [
                    "d a s 10:00 10:00:00.000 10:00:06.000 2 f t timeout,decided gw-1,gw-2 01,02",
                    "d a s 11:00 11:00:00.000 11:00:01.000 2 f t decided,decided gw-1,gw-1 03,04",
                    "d a s 12:00 12:00:00.000 12:00:01.000 2 f f decided,decided gw-1,gw-1 05,06",
                ]
            )
            let answers =
                "SELECT array_to_string(answers, ' ') FROM needrecord.pushes WHERE minute = '2026-11-22 12:00Z'"
            #expect(try await owner.lines(answers) == [#"{"NeedRecord":true} {"NeedRecord":false}"#])
        }
    }

    @Test func `A push over midnight is one, and a filter by minute finds it by its first attempt`() async throws {
        let rows = [-5, 1, 10].map { second in
            OutcomeRow(at: .written("2026-11-23 00:00:00+00").advanced(by: .seconds(second)), UInt64(second + 6))
        }
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            let push = "d a s 23:59 23:59:55.000 00:00:10.000 3 t t decided,decided,decided gw-1,gw-1,gw-1 01,07,10"
            #expect(try await Self.pushes(owner) == [push])
            #expect(try await Self.pushes(owner, "minute >= '2026-11-22 23:59Z'") == [push])
            #expect(try await Self.pushes(owner, "minute >= '2026-11-23 00:00Z'").isEmpty)
        }
    }

    @Test func `Attempts of the same moment are one push, and so are very many`() async throws {
        var rows = [
            OutcomeRow("10:00:00.500", 1, ["gateway": "'gw-2'"]), OutcomeRow("10:00:00.500", 2),
            OutcomeRow("10:00:00.500", 3),
        ]
        rows += (0..<200).map { OutcomeRow(at: .written("2026-11-22 11:00:00+00").advanced(by: .seconds($0 * 19)), 9) }
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            let attempts = "SELECT attempts, array_to_string(gateways[1:3], ',') FROM needrecord.pushes ORDER BY minute"
            #expect(try await owner.lines(attempts) == ["3 gw-2,gw-1,gw-1", "200 gw-1,gw-1,gw-1"])
        }
    }

    @Test func `Every outcome is in exactly one push`() async throws {
        var random = SeededGenerator(seed: 11)
        let start = Timestamp.written("2026-11-22 10:00:00+00")
        let rows = (0..<400).map { number in
            OutcomeRow(
                at: start.advanced(by: .milliseconds(.random(in: 0..<1_800_000, using: &random))),
                UInt64(number),
                ["stream": "'s\(Int.random(in: 0..<6, using: &random))'"]
            )
        }
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            let ids = try await owner.lines("SELECT unnest(event_ids) AS id FROM needrecord.pushes ORDER BY id")
            #expect(ids == (try await owner.lines("SELECT event_id FROM needrecord.outcomes ORDER BY event_id")))
            // The same by a window over everything, which no filter would get through.
            let expected = """
                SELECT count(*) FILTER (WHERE is_first) FROM (
                    SELECT received_at - lag(received_at) OVER w <= interval '20 s' IS NOT TRUE AS is_first
                    FROM needrecord.outcomes WINDOW w AS (PARTITION BY stream ORDER BY received_at, event_id)
                ) AS o
                """
            #expect(try await owner.lines("SELECT count(*) FROM needrecord.pushes") == owner.lines(expected))
        }
    }
}
