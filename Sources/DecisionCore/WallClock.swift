/// What a clock on a wall shows.
struct WallClock: Sendable, Hashable, CustomStringConvertible {
    /// The day of the week.
    let weekday: Weekday
    /// The minute of the day, 0 to 1439.
    let minute: Int

    /// The clock where clocks are `utcOffset` seconds ahead of UTC. An offset that no clock has gives some time of the
    /// week, always the same.
    init(_ moment: Timestamp, utcOffset: Int) {
        let seconds = floorDivide(moment.millisecondsSinceEpoch, by: 1_000).quotient &+ Int64(utcOffset)
        let (days, second) = floorDivide(seconds, by: 86_400)
        weekday = Weekday(daysSinceEpoch: days)
        minute = Int(second / 60)
    }

    /// Such as `mon 09:30`.
    var description: String {
        "\(weekday.abbreviation) \(WeeklySchedule.Window.text(ofMinute: minute))"
    }
}
