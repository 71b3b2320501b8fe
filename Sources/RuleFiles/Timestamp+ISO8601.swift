public import DecisionCore

extension Timestamp {
    /// What ``init(iso8601:)`` reads, in words.
    public static let iso8601Spelling = "a time with its offset, such as 2026-12-01T00:00:00Z or 2026-12-01T08:00+08:00"

    /// Reads a point in time of the years 1970 to 9999, with its offset from UTC and up to three decimals of a second;
    /// nil for anything else. Without an offset nobody could say which moment is meant.
    public init?(iso8601 text: String) {
        let form =
            /([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,3}))?)?([Zz]|[+-][0-9]{2}:[0-9]{2})/
        guard let match = text.wholeMatch(of: form)?.output,
            let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3),
            let hour = Int64(match.4), let minute = Int64(match.5), let second = Int64(match.6 ?? "0"),
            (1_970...9_999).contains(year), (1...12).contains(month), hour < 24, minute < 60, second < 60,
            (1...Self.length(ofMonth: month, in: year)).contains(day), let offset = Self.offset(match.8)
        else { return nil }
        let fraction = match.7.map { $0 + String(repeating: "0", count: 3 - $0.utf8.count) } ?? "0"
        guard let milliseconds = Int64(fraction) else { return nil }
        let seconds = Self.days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(millisecondsSinceEpoch: seconds * 1_000 + milliseconds)
        guard Self.storable.contains(self) else { return nil }
    }

    /// What the business state stores: years of four digits.
    static let storable =
        Timestamp(millisecondsSinceEpoch: 0)...Timestamp(millisecondsSinceEpoch: 253_402_214_400_000)

    private static func offset(_ text: Substring) -> Int64? {
        guard text.utf8.count == 6, let hours = Int64(text.dropFirst().prefix(2)), let minutes = Int64(text.suffix(2))
        else { return 0 }
        guard hours <= 15, minutes < 60 else { return nil }
        return (text.utf8.first == UInt8(ascii: "-") ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01, for years from 1970 on.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let before = year - 1
        let leapDays = (before / 4 - before / 100 + before / 400) - (1_969 / 4 - 1_969 / 100 + 1_969 / 400)
        let months = (1..<month).reduce(0) { $0 + length(ofMonth: $1, in: year) }
        return (year - 1_970) * 365 + leapDays + months + day - 1
    }
}
