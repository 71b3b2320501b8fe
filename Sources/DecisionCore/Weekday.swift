/// A day of the week.
public enum Weekday: Int, Sendable, Hashable, CaseIterable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    /// The day of the week `days` after 1970-01-01, which was a Thursday.
    init(daysSinceEpoch days: Int64) {
        let index = (days + 3) % 7
        self = Self.allCases[Int(index < 0 ? index + 7 : index)]
    }

    /// The day before.
    var previous: Weekday { Self.allCases[(rawValue + 6) % 7] }

    /// As schedules write it: `mon` to `sun`.
    public var abbreviation: String {
        switch self {
        case .monday: "mon"
        case .tuesday: "tue"
        case .wednesday: "wed"
        case .thursday: "thu"
        case .friday: "fri"
        case .saturday: "sat"
        case .sunday: "sun"
        }
    }

    /// Reads an abbreviation.
    init?(abbreviation: some StringProtocol) {
        guard let day = Self.allCases.first(where: { $0.abbreviation == abbreviation }) else { return nil }
        self = day
    }
}
