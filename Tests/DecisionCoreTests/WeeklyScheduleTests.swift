import DecisionCore
import Testing

@Suite struct WeeklyScheduleTests {
    /// 1970-01-05, the first Monday of all, at the beginning of the day in UTC.
    private static let monday: Int64 = 4 * 86_400_000

    private static func schedule(_ windows: String...) throws -> WeeklySchedule {
        let windows = try windows.map { try #require(WeeklySchedule.Window($0)) }
        return try #require(WeeklySchedule(timeZone: "Europe/Berlin", windows: windows))
    }

    /// So many minutes after a Monday began on a wall clock.
    private static func moment(_ minute: Int, utcOffset: Int = 0, week: Int64 = 0) -> Timestamp {
        let week = week * 7 * 86_400_000
        return Timestamp(
            millisecondsSinceEpoch: monday + week + Int64(minute) * 60_000 - Int64(utcOffset) * 1_000
        )
    }

    private static let edges: [(String, [ClosedRange<Int>])] = [
        ("mon 09:00-17:00", [540...1_019]),
        ("mon,wed 00:00-24:00", [0...1_439, 2_880...4_319]),
        ("tue-thu 23:00-24:00", [2_820...2_879, 4_260...4_319, 5_700...5_759]),
        ("tue 23:00-00:00", [2_820...2_879]),
        ("mon 22:00-02:00", [1_320...1_559]),
        ("sun 22:00-02:00", [0...119, 9_960...10_079]),
        ("sat,sun 23:30-00:30", [0...29, 8_610...8_669, 10_050...10_079]),
        ("fri 12:00-11:59", [6_480...7_918]),
        ("mon-sun 00:00-24:00", [0...10_079]),
        (
            "mon-sun 23:59-23:58",
            [
                0...1_437, 1_439...2_877, 2_879...4_317, 4_319...5_757, 5_759...7_197,
                7_199...8_637, 8_639...10_077, 10_079...10_079,
            ]
        ),
    ]

    @Test(arguments: edges)
    func `A window is open in its minutes of the week and no others`(text: String, open: [ClosedRange<Int>]) throws {
        let schedule = try Self.schedule(text)
        for minute in 0..<7 * 1_440 {
            let expected = open.contains { $0.contains(minute) }
            guard schedule.isOpen(at: Self.moment(minute), utcOffset: 0) == expected else {
                Issue.record("minute \(minute) of the week should be \(expected ? "open" : "closed")")
                return
            }
        }
    }

    @Test func `The last millisecond of a minute belongs to it`() throws {
        let schedule = try Self.schedule("mon 09:00-17:00")
        let (opens, closes) = (Self.moment(540), Self.moment(1_020))
        #expect(!schedule.isOpen(at: opens.advanced(by: .milliseconds(-1)), utcOffset: 0))
        #expect(schedule.isOpen(at: opens, utcOffset: 0))
        #expect(schedule.isOpen(at: closes.advanced(by: .milliseconds(-1)), utcOffset: 0))
        #expect(!schedule.isOpen(at: closes, utcOffset: 0))
    }

    @Test func `It is open when one of its windows is`() throws {
        let schedule = try Self.schedule("mon 09:00-12:00", "mon 11:00-13:00", "sun 23:00-01:00")
        let open = (0..<7 * 1_440).filter { schedule.isOpen(at: Self.moment($0), utcOffset: 0) }
        #expect(open == Array(0...59) + Array(540...779) + Array(10_020...10_079))
    }

    /// India, Newfoundland, Nepal, the Chatham Islands, where a day begins last and first, and Amsterdam before
    /// 1937.
    @Test(arguments: [19_800, -12_600, 20_700, 45_900, -43_200, 50_400, 1_172, -1_172, 0])
    func `The wall clock of the time zone counts`(utcOffset: Int) throws {
        let schedule = try Self.schedule("mon 09:00-17:00", "sun 22:00-02:00")
        // The weeks before 1970 go by the same clock.
        for week: Int64 in [-2_000, -1, 0, 2_800] {
            for (minute, isOpen) in [
                (539, false), (540, true), (1_019, true), (1_020, false), (-121, false), (-120, true), (119, true),
                (120, false), (9_959, false), (9_960, true), (10_079, true),
            ] {
                let moment = Self.moment(minute, utcOffset: utcOffset, week: week)
                #expect(schedule.isOpen(at: moment, utcOffset: utcOffset) == isOpen, "minute \(minute) of week \(week)")
            }
        }
    }

    @Test func `The millisecond before 1970 is a Wednesday's last`() throws {
        let schedule = try Self.schedule("wed 23:59-24:00")
        #expect(schedule.isOpen(at: Timestamp(millisecondsSinceEpoch: -1), utcOffset: 0))
        #expect(schedule.isOpen(at: Timestamp(millisecondsSinceEpoch: -60_000), utcOffset: 0))
        #expect(!schedule.isOpen(at: Timestamp(millisecondsSinceEpoch: -60_001), utcOffset: 0))
        #expect(!schedule.isOpen(at: Timestamp(millisecondsSinceEpoch: 0), utcOffset: 0))
    }

    @Test func `An hour that daylight saving skips never comes, and one that it repeats counts twice`() throws {
        let schedule = try Self.schedule("sun 02:00-03:00")
        // 2026-03-29 in Berlin: 01:59:59 is followed by 03:00:00.
        let spring = Timestamp(millisecondsSinceEpoch: 1_774_746_000_000)
        #expect(!schedule.isOpen(at: spring.advanced(by: .milliseconds(-1)), utcOffset: 3_600))
        #expect(!schedule.isOpen(at: spring, utcOffset: 7_200))
        // 2026-10-25 in Berlin: the hour from 02:00 comes in summer time, and then again in winter time.
        let autumn = Timestamp(millisecondsSinceEpoch: 1_792_890_000_000)
        #expect(!schedule.isOpen(at: autumn.advanced(by: .milliseconds(-3_600_001)), utcOffset: 7_200))
        #expect(schedule.isOpen(at: autumn.advanced(by: .milliseconds(-3_600_000)), utcOffset: 7_200))
        #expect(schedule.isOpen(at: autumn.advanced(by: .milliseconds(-1)), utcOffset: 7_200))
        #expect(schedule.isOpen(at: autumn, utcOffset: 3_600))
        #expect(!schedule.isOpen(at: autumn.advanced(by: .milliseconds(3_600_000)), utcOffset: 3_600))
    }

    @Test func `No clock and no offset is a trap`() throws {
        let schedule = try Self.schedule("mon-sun 00:00-24:00")
        for milliseconds in [Int64.min, -1, 0, .max] {
            for utcOffset in [Int.min, -86_400, 0, 86_400, .max] {
                let moment = Timestamp(millisecondsSinceEpoch: milliseconds)
                #expect(schedule.isOpen(at: moment, utcOffset: utcOffset))
            }
        }
    }

    @Test func `A schedule has between one window and fifty`() throws {
        let window = try #require(WeeklySchedule.Window("mon 09:00-17:00"))
        #expect(WeeklySchedule(timeZone: "UTC", windows: []) == nil)
        #expect(WeeklySchedule(timeZone: "UTC", windows: [window])?.windows == [window])
        #expect(WeeklySchedule(timeZone: "UTC", windows: Array(repeating: window, count: 50)) != nil)
        #expect(WeeklySchedule(timeZone: "UTC", windows: Array(repeating: window, count: 51)) == nil)
    }

    @Test func `The text has the windows and then the time zone`() throws {
        #expect(
            try Self.schedule("mon-fri 09:00-17:00", "sat 10:00-14:00").description
                == "mon-fri 09:00-17:00; sat 10:00-14:00 Europe/Berlin"
        )
    }
}
