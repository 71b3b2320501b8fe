import BusinessState
import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

/// Schedules follow the wall clock of their time zone, as the database knows it, through the changes of 2026.
@Suite(.timeLimit(.minutes(1))) struct DaylightSavingTests {
    /// A change of the clocks: both are on a Sunday morning.
    struct Change: CustomStringConvertible {
        var timeZone: String
        /// The first moment of the new time.
        var moment: String
        /// A window inside what is skipped or repeated.
        var window: String
        /// When that window is open, in minutes from the change on; none when the clocks go forward.
        var openings: [Range<Int>]
        /// By how many minutes the clocks go forward.
        var forward: Int

        var description: String { "\(timeZone) \(moment)" }
    }

    static let changes = [
        Change(
            timeZone: "Europe/Berlin",
            moment: "2026-03-29 01:00:00+00",
            window: "sun 02:15-02:45",
            openings: [],
            forward: 60
        ),
        Change(
            timeZone: "Europe/Berlin",
            moment: "2026-10-25 01:00:00+00",
            window: "sun 02:15-02:45",
            openings: [-45..<(-15), 15..<45],
            forward: -60
        ),
        Change(
            timeZone: "America/New_York",
            moment: "2026-03-08 07:00:00+00",
            window: "sun 02:15-02:45",
            openings: [],
            forward: 60
        ),
        Change(
            timeZone: "America/New_York",
            moment: "2026-11-01 06:00:00+00",
            window: "sun 01:15-01:45",
            openings: [-45..<(-15), 15..<45],
            forward: -60
        ),
        Change(
            timeZone: "Australia/Lord_Howe",
            moment: "2026-10-03 15:30:00+00",
            window: "sun 02:05-02:25",
            openings: [],
            forward: 30
        ),
        Change(
            timeZone: "Australia/Lord_Howe",
            moment: "2026-04-04 15:00:00+00",
            window: "sun 01:35-01:55",
            openings: [-25..<(-5), 5..<25],
            forward: -30
        ),
        // China has no daylight saving: an hour on a Sunday morning like any other.
        Change(
            timeZone: "Asia/Shanghai",
            moment: "2026-03-28 18:00:00+00",
            window: "sun 02:15-02:45",
            openings: [15..<45],
            forward: 0
        ),
    ]

    /// Runs `body` for each change, as a worker, in a database with one rule, which records in these hours.
    private static func withChanges(
        _ window: (Change) -> String,
        _ body: (Change, PostgresConnection) async throws -> Void
    ) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { writer in
                try await database.withReader { worker in
                    for change in changes {
                        try await writer.execute("DELETE FROM needrecord.rules")
                        let schedule = WeeklySchedule.written(window(change), in: change.timeZone)
                        _ = try await writer.insert([.written(.record(.template)).with { $0.schedule = schedule }])
                        try await body(change, worker)
                    }
                }
            }
        }
    }

    /// Whether a worker decides to record.
    private static func isOpen(at now: Timestamp, _ worker: PostgresConnection) async throws -> Bool {
        let facts = try await worker.facts([.of()], now: now)[0].live
        return decide(.of(), facts, now: now).verdict != .skip
    }

    /// The minutes around a moment in which a worker decides to record, as ranges.
    private static func openings(
        _ minutes: ClosedRange<Int>,
        around moment: Timestamp,
        _ worker: PostgresConnection
    ) async throws -> [Range<Int>] {
        var open: [Int] = []
        for minute in minutes {
            let now = moment.advanced(by: .seconds(minute * 60))
            if try await isOpen(at: now, worker) { open.append(minute) }
        }
        return ranges(open)
    }

    private static func ranges(_ minutes: [Int]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for minute in minutes {
            if let last = ranges.last, last.upperBound == minute {
                ranges[ranges.count - 1] = last.lowerBound..<(minute + 1)
            } else {
                ranges.append(minute..<(minute + 1))
            }
        }
        return ranges
    }

    @Test func `What is skipped never comes, and what is repeated comes twice`() async throws {
        try await Self.withChanges(\.window) { change, worker in
            let openings = try await Self.openings(-70...70, around: .written(change.moment), worker)
            #expect(openings == change.openings, "\(change)")
        }
    }

    @Test func `A window over midnight is shorter or longer by what the clocks change`() async throws {
        try await Self.withChanges { _ in
            "sat 23:55-03:05"
        } _: { change, worker in
            let openings = try await Self.openings(-190...130, around: .written(change.moment), worker)
            #expect(openings.map(\.count) == [190 - change.forward], "\(change)")
        }
    }

    @Test func `A weekly window keeps its hours of the wall clock before the change and after it`() async throws {
        try await Self.withChanges { _ in
            "thu-wed 09:00-17:00"
        } _: { change, worker in
            let moment = Timestamp.written(change.moment)
            let timeZone = try #require(TimeZone(identifier: change.timeZone))
            for day in -3...3 {
                for (hour, minute, isOpen) in [(8, 59, false), (9, 0, true), (16, 59, true), (17, 0, false)] {
                    let now = Self.wallClock(moment, day, hour, minute, timeZone)
                    let answer = try await Self.isOpen(at: now, worker)
                    #expect(answer == isOpen, "\(change), day \(day), \(hour):\(minute)")
                }
            }
        }
    }

    /// A time of the wall clock, some days after the day of a moment.
    private static func wallClock(
        _ moment: Timestamp,
        _ day: Int,
        _ hour: Int,
        _ minute: Int,
        _ timeZone: TimeZone
    ) -> Timestamp {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let start = Date(timeIntervalSince1970: Double(moment.millisecondsSinceEpoch / 1_000))
        let other = calendar.date(byAdding: .day, value: day, to: calendar.startOfDay(for: start))!
        let date = calendar.date(bySettingHour: hour, minute: minute, second: 0, of: other)!
        return Timestamp(millisecondsSinceEpoch: Int64(date.timeIntervalSince1970) * 1_000)
    }

    @Test func `The database knows the offset, minute by minute`() async throws {
        try await Self.withChanges(\.window) { change, worker in
            let moment = Timestamp.written(change.moment)
            let offsets = try await worker.column(
                Int.self,
                """
                SELECT needrecord.utc_offset(
                    \(change.timeZone), \(PostgresTimestamp(moment))::timestamptz + n * interval '1 minute'
                )
                FROM generate_series(-120, 120) AS n ORDER BY n
                """
            )
            #expect(Set(offsets[..<120]).count == 1, "\(change)")
            #expect(Set(offsets[120...]).count == 1, "\(change)")
            #expect(offsets[120] - offsets[119] == change.forward * 60, "\(change)")
            let timeZone = try #require(TimeZone(identifier: change.timeZone))
            let date = Date(timeIntervalSince1970: Double(moment.millisecondsSinceEpoch / 1_000))
            #expect(offsets[120] == timeZone.secondsFromGMT(for: date), "\(change)")
        }
    }

    @Test func `Rules of many time zones are decided each by its own clock`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { writer in
                _ = try await writer.insert(
                    RuleDraw.timeZones.map { timeZone in
                        .written().with { $0.schedule = .written("mon 00:00-24:00", in: timeZone) }
                    }
                )
            }
            try await database.withReader { worker in
                let facts = try await worker.facts([.of()], now: .written("2026-07-01 12:00:00+00"))[0].live
                #expect(
                    facts.utcOffsets == [
                        "Asia/Shanghai": 28_800, "Europe/Berlin": 7_200, "America/New_York": -14_400,
                        "Australia/Lord_Howe": 37_800, "UTC": 0,
                    ]
                )
            }
        }
    }
}
