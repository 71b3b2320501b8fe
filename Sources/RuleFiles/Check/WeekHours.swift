internal import DecisionCore

/// The minutes of a week, as a set: what a schedule comes down to.
struct WeekHours: Sendable, Hashable {
    static let minutes = 7 * 1_440

    private var words = [UInt64](repeating: 0, count: (minutes + 63) / 64)

    init(_ schedule: WeeklySchedule) {
        for window in schedule.windows {
            let length =
                window.opens < window.closes ? window.closes - window.opens : 1_440 - window.opens + window.closes
            for day in window.days { insert(from: day.rawValue * 1_440 + window.opens, length: length) }
        }
    }

    /// The minutes of the week from one moment to another on a clock that shows UTC.
    init(from start: Timestamp, through end: Timestamp) {
        let first = Self.minute(of: start)
        let length = Self.minutesSinceEpoch(end) - Self.minutesSinceEpoch(start) + 1
        insert(from: first, length: Int(min(length, Int64(Self.minutes))))
    }

    func isSubset(of other: WeekHours) -> Bool {
        zip(words, other.words).allSatisfy { $0 & ~$1 == 0 }
    }

    func intersects(_ other: WeekHours) -> Bool {
        zip(words, other.words).contains { $0 & $1 != 0 }
    }

    private mutating func insert(from start: Int, length: Int) {
        for minute in start..<start + length {
            let minute = minute % Self.minutes
            words[minute / 64] |= 1 << UInt64(minute % 64)
        }
    }

    private static func minutesSinceEpoch(_ moment: Timestamp) -> Int64 {
        let (minutes, rest) = moment.millisecondsSinceEpoch.quotientAndRemainder(dividingBy: 60_000)
        return rest < 0 ? minutes - 1 : minutes
    }

    /// The minute of the week, which begins on a Monday; 1970-01-01 was a Thursday.
    private static func minute(of moment: Timestamp) -> Int {
        let minute = (minutesSinceEpoch(moment) + 3 * 1_440) % Int64(minutes)
        return Int(minute < 0 ? minute + Int64(minutes) : minute)
    }
}
