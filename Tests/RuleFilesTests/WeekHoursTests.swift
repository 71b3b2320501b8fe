import DecisionCore
import Testing

@testable import RuleFiles

@Suite struct WeekHoursTests {
    /// 2026-11-23T00:00:00Z, a Monday.
    private static let monday = Timestamp(millisecondsSinceEpoch: 1_795_392_000_000)

    private static func schedule(_ windows: String...) throws -> WeeklySchedule {
        let windows = try windows.map { try #require(WeeklySchedule.Window($0), "\($0)") }
        return try #require(WeeklySchedule(timeZone: "UTC", windows: windows))
    }

    @Test(arguments: [
        "mon 00:00-24:00", "sun 23:00-01:00", "sun 23:59-00:00", "mon-sun 22:00-06:00", "tue,thu 12:34-12:35",
        "sat-mon 00:01-00:00",
    ])
    func `A schedule comes down to the minutes in which it is open`(window: String) throws {
        let schedule = try Self.schedule(window)
        let hours = WeekHours(schedule)
        let edges = schedule.windows.flatMap { [$0.opens, $0.opens + 1_439, $0.closes, $0.closes + 1_439] }
        let minutes = edges.flatMap { edge in (0..<7).map { ($0 * 1_440 + edge) % WeekHours.minutes } }
        for minute in minutes + stride(from: 0, to: WeekHours.minutes, by: 61) {
            let now = Self.monday.advanced(by: .seconds(minute * 60))
            #expect(hours.intersects(WeekHours(from: now, through: now)) == schedule.isOpen(at: now, utcOffset: 0))
        }
    }

    @Test func `Windows add up`() throws {
        let whole = WeekHours(try Self.schedule("mon-sun 00:00-24:00"))
        #expect(WeekHours(try Self.schedule("mon-sun 00:00-12:00", "mon-sun 12:00-00:00")) == whole)
        #expect(WeekHours(try Self.schedule("mon-sun 05:00-04:59", "mon-sun 04:00-05:00")) == whole)
        let gap = WeekHours(try Self.schedule("mon-sun 05:00-04:59"))
        #expect(gap != whole)
        #expect(gap.isSubset(of: whole))
        #expect(!whole.isSubset(of: gap))
        #expect(gap.intersects(whole))
        #expect(!gap.intersects(WeekHours(try Self.schedule("sun 04:59-05:00"))))
    }

    @Test(arguments: [
        (0, 0, "mon 00:00-00:01"), (0, 59_999, "mon 00:00-00:01"), (0, 60_000, "mon 00:00-00:02"),
        (59_999, 60_000, "mon 00:00-00:02"), (-1, 0, "sun 23:59-00:01"), (0, 604_799_999, "mon-sun 00:00-24:00"),
        (604_800_000, 604_800_000, "mon 00:00-00:01"),
    ])
    func `A span of time has the minutes that it touches`(start: Int64, end: Int64, window: String) throws {
        func moment(_ milliseconds: Int64) -> Timestamp {
            Timestamp(millisecondsSinceEpoch: Self.monday.millisecondsSinceEpoch + milliseconds)
        }
        #expect(WeekHours(from: moment(start), through: moment(end)) == WeekHours(try Self.schedule(window)))
    }

    @Test func `A span before 1970 and one of years are spans too`() throws {
        // 1969-12-31 was a Wednesday.
        let before = WeekHours(
            from: Timestamp(millisecondsSinceEpoch: -1),
            through: Timestamp(millisecondsSinceEpoch: -1)
        )
        #expect(before == WeekHours(try Self.schedule("wed 23:59-00:00")))
        let years = WeekHours(from: Timestamp(millisecondsSinceEpoch: 0), through: Self.monday)
        #expect(years == WeekHours(try Self.schedule("mon-sun 00:00-24:00")))
    }
}
