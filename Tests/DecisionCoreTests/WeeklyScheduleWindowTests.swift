import DecisionCore
import Testing

@Suite struct WeeklyScheduleWindowTests {
    private static let written: [(String, Set<Weekday>, Int, Int, String)] = [
        (
            "mon-fri 09:00-17:00", [.monday, .tuesday, .wednesday, .thursday, .friday], 540, 1_020,
            "mon-fri 09:00-17:00"
        ),
        ("sat,sun 22:00-02:00", [.saturday, .sunday], 1_320, 120, "sat,sun 22:00-02:00"),
        ("mon 00:00-24:00", [.monday], 0, 1_440, "mon 00:00-24:00"),
        ("mon 23:59-00:00", [.monday], 1_439, 0, "mon 23:59-00:00"),
        ("wed-wed 00:00-00:01", [.wednesday], 0, 1, "wed 00:00-00:01"),
        ("sat-mon 10:05-10:06", [.saturday, .sunday, .monday], 605, 606, "mon,sat,sun 10:05-10:06"),
        (
            "fri-tue 08:00-09:30", [.friday, .saturday, .sunday, .monday, .tuesday], 480, 570,
            "mon,tue,fri-sun 08:00-09:30"
        ),
        ("tue-mon 08:00-09:00", Set(Weekday.allCases), 480, 540, "mon-sun 08:00-09:00"),
        ("sun,mon,mon 12:00-13:00", [.sunday, .monday], 720, 780, "mon,sun 12:00-13:00"),
        ("mon-wed,tue-thu 12:00-13:00", [.monday, .tuesday, .wednesday, .thursday], 720, 780, "mon-thu 12:00-13:00"),
        ("mon,wed,fri 12:00-13:00", [.monday, .wednesday, .friday], 720, 780, "mon,wed,fri 12:00-13:00"),
    ]

    @Test(arguments: written)
    func `The written form is read, and printed in one way`(
        text: String,
        days: Set<Weekday>,
        opens: Int,
        closes: Int,
        printed: String
    ) throws {
        let window = try #require(WeeklySchedule.Window(text))
        #expect(window.days == days)
        #expect(window.opens == opens)
        #expect(window.closes == closes)
        #expect(window.description == printed)
        #expect(WeeklySchedule.Window(printed) == window)
    }

    @Test func `Every window is read back from what it prints`() throws {
        for days in 1..<128 {
            let chosen = Set(Weekday.allCases.filter { days >> $0.rawValue & 1 == 1 })
            for (opens, closes) in [(0, 1_440), (0, 1), (1_439, 1_440), (1_439, 0), (600, 599), (61, 62)] {
                let window = try #require(WeeklySchedule.Window(days: chosen, opens: opens, closes: closes))
                #expect(WeeklySchedule.Window(window.description) == window, "\(window)")
            }
        }
        for minute in 0..<1_440 {
            let window = try #require(WeeklySchedule.Window(days: [.monday], opens: minute, closes: 1_439 - minute))
            #expect(WeeklySchedule.Window(window.description) == window, "\(window)")
        }
    }

    @Test func `Any range of days is read, over the end of the week too`() throws {
        for first in Weekday.allCases {
            for last in Weekday.allCases {
                let text = "\(first.abbreviation)-\(last.abbreviation) 10:00-11:00"
                let days = try #require(WeeklySchedule.Window(text)).days
                var expected: Set<Weekday> = [first]
                var day = first
                while day != last {
                    day = Weekday.allCases[(day.rawValue + 1) % 7]
                    expected.insert(day)
                }
                #expect(days == expected, "\(text)")
            }
        }
    }

    @Test(arguments: [
        "", " ", "mon", "mon ", " 09:00-17:00", "09:00-17:00", "mon09:00-17:00", "mon  09:00-17:00",
        " mon 09:00-17:00", "mon 09:00-17:00 ", "mon 09:00-17:00 UTC", "mon\t09:00-17:00",
        "Mon 09:00-17:00", "monday 09:00-17:00", "mo 09:00-17:00", "1 09:00-17:00", "* 09:00-17:00",
        "mon, 09:00-17:00", ",mon 09:00-17:00", "mon,,tue 09:00-17:00", "mon- 09:00-17:00", "-mon 09:00-17:00",
        "mon-tue-wed 09:00-17:00", "mon;tue 09:00-17:00", "mon–fri 09:00-17:00",
        "mon 9:00-17:00", "mon 09:0-17:00", "mon 0900-1700", "mon 09.00-17.00", "mon 09:00", "mon 09:00-",
        "mon -17:00", "mon 09:00-12:00-17:00", "mon 09:00–17:00", "mon 09:00:00-17:00:00", "mon 09:00 - 17:00",
        "mon 24:00-24:00", "mon 24:00-01:00", "mon 09:00-24:01", "mon 25:00-26:00", "mon 09:60-17:00",
        "mon 09:00-17:60", "mon 09:00-99:99", "mon +9:00-17:00", "mon 09:-1-17:00", "mon 0a:00-17:00",
        "mon ٠٩:00-17:00", "mon 09:00-09:00", "mon 00:00-00:00", "mon 09:00-17:0\u{301}",
    ])
    func `Anything else is refused`(text: String) {
        #expect(WeeklySchedule.Window(text) == nil)
    }

    @Test func `A window without days, without minutes or out of the day is none`() {
        let week = Set(Weekday.allCases)
        #expect(WeeklySchedule.Window(days: [], opens: 540, closes: 1_020) == nil)
        for (opens, closes) in [
            (540, 540), (0, 0), (-1, 540), (1_440, 540), (540, 1_441), (540, -1), (.min, .max), (1_440, 1_440),
        ] {
            #expect(WeeklySchedule.Window(days: week, opens: opens, closes: closes) == nil, "\(opens) to \(closes)")
        }
        #expect(WeeklySchedule.Window(days: week, opens: 0, closes: 1_440) != nil)
    }
}
