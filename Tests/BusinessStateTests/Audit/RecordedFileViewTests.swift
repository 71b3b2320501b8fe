import DecisionCore
import Postgres
import TestSupport
import Testing

/// What is in files, and was not asked for so.
@Suite(.timeLimit(.minutes(1))) struct RecordedFileViewTests {
    /// Writes what there is, and reads a view.
    private static func lines(
        _ query: String,
        of rows: [OutcomeRow],
        with files: [String]
    ) async throws -> [String] {
        var lines: [String] = []
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            try await owner.simpleQuery(files.joined())
            lines = try await owner.lines(query)
        }
        return lines
    }

    private static let unwanted = """
        SELECT stream, to_char(start_time, 'HH24:MI:SS'), state, cause, rule, right(event_id::text, 2), uri,
            to_char(asked_at, 'HH24:MI:SS'), to_char(received_at, 'HH24:MI:SS')
        FROM needrecord.unwanted_files ORDER BY start_time, stream
        """

    @Test func `A file is unwanted when the last answer before it was no, or there was none`() async throws {
        let lines = try await Self.lines(
            Self.unwanted,
            of: [
                OutcomeRow("09:00:00", 1), .skip("10:00:00", 2), .fallback("11:00:00.900", 3), OutcomeRow("12:00", 4),
            ],
            with: [
                RecordedRow.file("08:00:00", "08:30:00"), RecordedRow.file("09:00:01", "09:30:00"),
                RecordedRow.file("09:59:59", "10:30:00", "2.mp4"), RecordedRow.file("10:00:02", "10:40:00", "3.mp4"),
                // In whole seconds, cut off.
                RecordedRow.file("11:00:00.950", "11:30:00"), RecordedRow.file("12:00:00.100", "12:30:00"),
                RecordedRow.file("13:00:00", "14:00:00"), RecordedRow.file("10:00:00", "10:10:00", stream: "t"),
            ]
        )
        #expect(
            lines == [
                "s 08:00:00 unasked - - - a/s/1.mp4 - 08:30:04",
                "t 10:00:00 unasked - - - a/s/1.mp4 - 10:10:04",
                "s 10:00:02 refused decided 7 02 3.mp4 10:00:00 10:40:04",
                "s 11:00:00 refused timeout - 03 a/s/1.mp4 11:00:00 11:30:04",
            ]
        )
    }

    @Test func `The answer may be days before the file`() async throws {
        let lines = try await Self.lines(
            "SELECT state, right(event_id::text, 2) FROM needrecord.unwanted_files",
            of: [OutcomeRow.skip("10:00", 2, [:]), OutcomeRow(at: .written("2026-11-20 10:00:00+00"), 1)],
            with: [RecordedRow.file(.written("2026-11-24 11:00:00+00"), .written("2026-11-24 12:00:00+00"))]
        )
        #expect(lines == ["refused 02"])
    }

    private static let differences = """
        SELECT stream, right(event_id::text, 2), state, answered, made, files, rule
        FROM needrecord.format_differences ORDER BY received_at
        """

    @Test func `Formats differ when one was not answered, or one was not made`() async throws {
        let both = ["formats": "'{mp4,m3u8}'"]
        let lines = try await Self.lines(
            Self.differences,
            of: [
                OutcomeRow("08:00", 1, both), OutcomeRow("09:00", 2, both), OutcomeRow("10:00", 3),
                OutcomeRow("11:00", 4), OutcomeRow("12:00", 5, both), OutcomeRow("13:00", 6, ["formats": "'{}'"]),
                OutcomeRow("14:00", 7), .skip("15:00", 8),
            ],
            with: [
                // As answered, the pieces of an m3u8 file among them.
                RecordedRow.file("08:00:01", "08:30", "a/s/1.MP4"),
                RecordedRow.file("08:00:01", "08:30", "a/s.x/1.m3u8"),
                RecordedRow.file("08:00:01", "08:00:31", "a/s/1.ts"), RecordedRow.file("08:30", "08:50", "a/s/2.mp4"),
                RecordedRow.file("09:00:01", "09:30", "a/s/3.mp4"), RecordedRow.file("09:30", "09:50", "a/s/4.mp4"),
                RecordedRow.file("10:00:01", "10:30", "a/s/5.flv"),
                RecordedRow.file("11:00:01", "11:30", "a/s/6.mp4"), RecordedRow.file("11:00:01", "11:30", "a/s/6.flv"),
                RecordedRow.file("12:00:01", "12:30", "a.b/7"),
                RecordedRow.file("13:00:01", "13:30", "a/s/8.flv"), RecordedRow.file("15:00:01", "15:30", "a/s/9.flv"),
            ]
        )
        #expect(
            lines == [
                "s 02 not_made {mp4,m3u8} {mp4} 2 7", "s 03 not_answered {mp4} {flv} 1 7",
                "s 04 not_answered {mp4} {flv,mp4} 2 7", #"s 05 not_answered {mp4,m3u8} {""} 1 7"#,
            ]
        )
    }

    @Test func `The files of a push are those that began before the next`() async throws {
        let lines = try await Self.lines(
            Self.differences,
            of: [
                OutcomeRow("10:00:00.900", 1), OutcomeRow("10:00:06.500", 2), OutcomeRow("11:00:00.900", 3),
            ],
            with: [
                RecordedRow.file("10:00:06.600", "10:59", "a/s/1.mp4"),
                RecordedRow.file("11:00:00.950", "11:30", "a/s/2.flv"),
            ]
        )
        #expect(lines == ["s 03 not_answered {mp4} {flv} 1 7"])
    }

    @Test func `Every file is of the push that it is judged by`() async throws {
        // One file a push, a second around the next one, all of a format that was not answered.
        var files: [String] = []
        var rows: [OutcomeRow] = []
        let start = Timestamp.onTheDay("10:00")
        for number in 0..<60 {
            let time = start.advanced(by: .seconds(number * 60) + .milliseconds(number * 16))
            rows.append(OutcomeRow(at: time, UInt64(number)))
            files.append(
                RecordedRow.file(
                    time.advanced(by: .milliseconds((number * 37) % 2_000 - 1_000)),
                    time.advanced(by: .seconds(30)),
                    "a/s/\(number).flv"
                )
            )
        }
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            try await owner.simpleQuery(files.joined())
            let counted = "SELECT sum(files) FROM needrecord.format_differences"
            let asked = "SELECT count(*) FROM needrecord.unwanted_files"
            let unasked = try #require(Int(try await owner.lines(asked)[0]))
            #expect(try await owner.lines(counted) == ["\(60 - unasked)"])
        }
    }
}
