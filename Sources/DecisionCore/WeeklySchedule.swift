/// The hours of the week in which a rule holds, on the wall clock of a time zone.
///
/// Daylight saving follows from the wall clock: an hour that a day skips never comes, one that a day has twice counts
/// twice.
public struct WeeklySchedule: Sendable, Hashable {
    /// The most windows of one schedule.
    public static let maximumWindows = 50

    /// The IANA name of the time zone, such as `Asia/Shanghai`.
    public let timeZone: String
    /// The windows; at least one.
    public let windows: [Window]

    /// A schedule; nil without a window, or with more than ``maximumWindows``.
    public init?(timeZone: String, windows: [Window]) {
        guard (1...Self.maximumWindows).contains(windows.count) else { return nil }
        self.timeZone = timeZone
        self.windows = windows
    }

    /// Whether it is within a window.
    ///
    /// - Parameters:
    ///   - moment: The civil clock.
    ///   - utcOffset: What the wall clocks of the time zone show ahead of UTC at that moment, in seconds.
    public func isOpen(at moment: Timestamp, utcOffset: Int) -> Bool {
        let wallClock = WallClock(moment, utcOffset: utcOffset)
        return windows.contains { $0.contains(wallClock) }
    }

    /// Some hours of some days of the week.
    public struct Window: Sendable, Hashable {
        /// The days that it begins on; at least one.
        public let days: Set<Weekday>
        /// The first minute of the day, 0 to 1439.
        public let opens: Int
        /// The first minute after it, 0 to 1440; below `opens` it is on the next day.
        public let closes: Int

        /// A window; nil when it has no day, a minute is out of range, or it would be empty.
        public init?(days: Set<Weekday>, opens: Int, closes: Int) {
            guard !days.isEmpty, (0..<1_440).contains(opens), (0...1_440).contains(closes), opens != closes else {
                return nil
            }
            self.days = days
            self.opens = opens
            self.closes = closes
        }

        func contains(_ clock: WallClock) -> Bool {
            if opens < closes { return days.contains(clock.weekday) && (opens..<closes).contains(clock.minute) }
            return days.contains(clock.weekday) && clock.minute >= opens
                || days.contains(clock.weekday.previous) && clock.minute < closes
        }
    }
}

extension WeeklySchedule.Window: LosslessStringConvertible {
    /// Reads the written form, such as `mon-fri 09:00-17:00` or `sat,sun 22:00-02:00`; nil for anything else. A range of
    /// days may go over the end of the week, `24:00` is the end of a day.
    public init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        var days: Set<Weekday> = []
        for part in parts[0].split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let first = Weekday(abbreviation: ends[0]),
                let last = Weekday(abbreviation: ends[ends.count - 1])
            else { return nil }
            let length = (last.rawValue - first.rawValue + 7) % 7
            for offset in 0...length { days.insert(Weekday.allCases[(first.rawValue + offset) % 7]) }
        }
        let times = parts[1].split(separator: "-", omittingEmptySubsequences: false)
        guard times.count == 2, let opens = Self.minute(times[0]), let closes = Self.minute(times[1]) else {
            return nil
        }
        self.init(days: days, opens: opens, closes: closes)
    }

    private static func minute(_ text: Substring) -> Int? {
        let digits = Array(text.utf8)
        guard digits.count == 5, digits[2] == UInt8(ascii: ":") else { return nil }
        let numbers = [0, 1, 3, 4].map { Int(digits[$0]) - Int(UInt8(ascii: "0")) }
        guard numbers.allSatisfy((0...9).contains) else { return nil }
        let (hour, minute) = (numbers[0] * 10 + numbers[1], numbers[2] * 10 + numbers[3])
        guard minute < 60, hour < 24 || hour == 24 && minute == 0 else { return nil }
        return hour * 60 + minute
    }

    /// The written form, with runs of three or more days as a range.
    public var description: String {
        "\(daysText) \(Self.text(ofMinute: opens))-\(Self.text(ofMinute: closes))"
    }

    private var daysText: String {
        var runs: [[Weekday]] = []
        for day in Weekday.allCases where days.contains(day) {
            if let last = runs.last?.last, last.rawValue + 1 == day.rawValue {
                runs[runs.count - 1].append(day)
            } else {
                runs.append([day])
            }
        }
        return runs.map { run in
            run.count > 2
                ? "\(run[0].abbreviation)-\(run[run.count - 1].abbreviation)"
                : run.map(\.abbreviation).joined(separator: ",")
        }.joined(separator: ",")
    }

    static func text(ofMinute minute: Int) -> String {
        let (hour, minute) = minute.quotientAndRemainder(dividingBy: 60)
        return (hour < 10 ? "0\(hour)" : "\(hour)") + (minute < 10 ? ":0\(minute)" : ":\(minute)")
    }
}

extension WeeklySchedule: CustomStringConvertible {
    /// Such as `mon-fri 09:00-17:00; sat 10:00-14:00 Europe/Berlin`.
    public var description: String {
        windows.map(\.description).joined(separator: "; ") + " \(timeZone)"
    }
}
