import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// What was to be recorded, and is in no file.
@Suite(.timeLimit(.minutes(1))) struct MissingFilesViewTests {
    /// Writes what there is, and expects these to be missing: the last digits of their ids.
    private static func expect(
        _ missing: [String],
        of rows: [OutcomeRow],
        with told: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            try await owner.simpleQuery(told.joined())
            let found = try await owner.lines(
                "SELECT right(event_id::text, 2) FROM needrecord.missing_files ORDER BY received_at"
            )
            #expect(found == missing, sourceLocation: sourceLocation)
        }
    }

    @Test func `A push without a file is missing one, and only if it was to be recorded`() async throws {
        try await Self.expect(
            ["01"],
            of: [OutcomeRow("10:00", 1), .skip("11:00", 2), .fallback("12:00", 3), OutcomeRow("13:00", 4)],
            with: [RecordedRow.file("13:00:01", "13:30:00")]
        )
    }

    @Test func `A file of another stream, and one from before, is not its file`() async throws {
        try await Self.expect(
            ["01"],
            of: [OutcomeRow("10:00", 1)],
            with: [
                RecordedRow.file("09:00", "09:59:59"), RecordedRow.file("10:00:01", "10:30", stream: "t"),
                RecordedRow.file("10:00:01", "10:30", stream: "S"),
            ]
        )
    }

    @Test func `A file belongs to the push that it began in`() async throws {
        try await Self.expect(
            ["01", "03"],
            of: [OutcomeRow("10:00", 1), OutcomeRow("11:00", 2), OutcomeRow("12:00", 3)],
            // Told of long after, which is what grace is for.
            with: [RecordedRow.file("11:00:00", "11:59:59")]
        )
    }

    @Test func `A file that goes on over an interruption is that of both pushes`() async throws {
        try await Self.expect(
            [],
            of: [OutcomeRow("10:00", 1), OutcomeRow("10:30", 2)],
            with: [RecordedRow.file("10:00:02", "11:00")]
        )
    }

    @Test func `The last attempt of a push speaks for all of it`() async throws {
        try await Self.expect(["02"], of: [OutcomeRow("10:00:00", 1), OutcomeRow("10:00:06", 2)])
        try await Self.expect([], of: [OutcomeRow("10:00:00", 1), .skip("10:00:06", 2)])
        try await Self.expect(
            [],
            of: [OutcomeRow("10:00:00", 1), OutcomeRow("10:00:06", 2)],
            with: [RecordedRow.file("10:00:07", "10:30")]
        )
    }

    @Test func `A file of six hours is found, and on the next day too`() async throws {
        try await Self.expect(
            [],
            of: [OutcomeRow("20:00", 1)],
            with: [RecordedRow.file(.onTheDay("20:00:01"), .written("2026-11-23 02:00:01+00"))]
        )
    }

    @Test func `A row says what the platform told, and no more of the next push`() async throws {
        let run = [
            RecordedRow.status("09:59", "record_paused"), RecordedRow.status("10:00:01", "record_started"),
            RecordedRow.status("10:00:03", "record_error"), RecordedRow.end("10:00:05"),
            RecordedRow.end("10:40"), RecordedRow.status("11:00:01", "record_started"), RecordedRow.end("11:10"),
        ]
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert([OutcomeRow("10:00", 1), .skip("11:00", 2)])
            try await owner.simpleQuery(run.joined())
            let line = """
                SELECT domain, app, stream, state, formats, rule, array_to_string(statuses, ','),
                    to_char(stream_ended_at, 'HH24:MI:SS'), to_char(next_push_at, 'HH24:MI:SS'), to_char(minute, 'HH24:MI')
                FROM needrecord.missing_files
                """
            #expect(
                try await owner.lines(line) == [
                    "d a s missing {mp4} 7 record_started,record_error 10:00:05 11:00:00 10:00"
                ]
            )
        }
    }

    @Test func `The end of a stream is found under its ingest domain, and in lower case`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert([OutcomeRow("10:00", 1, ["stream": "'Room'"])])
            try await owner.simpleQuery(
                """
                INSERT INTO needrecord.ingest_domains VALUES ('push.d', 'd'), ('push.e', 'e');
                \(RecordedRow.end("10:01", domain: "push.e", stream: "room"))
                \(RecordedRow.end("10:05", domain: "push.d", stream: "room"))
                \(RecordedRow.end("10:09", domain: "push.d", stream: "Room"))
                """
            )
            let line =
                "SELECT to_char(stream_ended_at, 'HH24:MI'), array_length(statuses, 1) FROM needrecord.missing_files"
            #expect(try await owner.lines(line) == ["10:05 -"])
        }
    }

    @Test func `A file may still come for six hours and a quarter`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let now = Timestamp(try await owner.value(PostgresTimestamp.self, "SELECT now()"))
                try await owner.simpleQuery(
                    "SELECT needrecord.prepare_outcome_partitions(current_date - 2, current_date + 1)"
                )
                try await owner.insert([
                    OutcomeRow(at: now.advanced(by: .seconds(-6 * 3_600 - 14 * 60)), 1, ["stream": "'young'"]),
                    OutcomeRow(at: now.advanced(by: .seconds(-6 * 3_600 - 16 * 60)), 2, ["stream": "'old'"]),
                ])
                let line = "SELECT stream, state FROM needrecord.missing_files ORDER BY received_at"
                #expect(try await owner.lines(line) == ["old missing", "young waiting"])
            }
        }
    }
}
