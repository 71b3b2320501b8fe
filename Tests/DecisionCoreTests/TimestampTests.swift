import DecisionCore
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-1_000, "1969-12-31T23:59:59.000Z"),
            (-86_400_000, "1969-12-31T00:00:00.000Z"),
            (86_399_999, "1970-01-01T23:59:59.999Z"),
            (1_700_000_000_000, "2023-11-14T22:13:20.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_603_200_000, "2024-12-31T00:00:00.000Z"),
            (1_740_787_200_000, "2025-03-01T00:00:00.000Z"),
            (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-0001-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "10000-01-01T00:00:00.000Z"),
            (.max, "292278994-08-17T07:12:55.807Z"),
            (.min, "-292275055-05-16T16:47:04.192Z"),
        ] as [(Int64, String)]
    )
    func `The text is ISO 8601 in UTC`(milliseconds: Int64, text: String) {
        #expect(Timestamp(millisecondsSinceEpoch: milliseconds).description == text)
    }

    @Test func `Every day of four centuries follows the one before it`() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var milliseconds: Int64 = -2_208_988_800_000
        for year in 1900..<2300 {
            let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
            for (month, length) in lengths.enumerated() {
                for day in 1...(month == 1 && isLeap ? 29 : length) {
                    let text = Timestamp(millisecondsSinceEpoch: milliseconds).description
                    let numbers = text.prefix(10).split(separator: "-").map { Int($0) }
                    guard numbers == [year, month + 1, day] else {
                        Issue.record("\(text) should be \(year)-\(month + 1)-\(day)")
                        return
                    }
                    milliseconds += 86_400_000
                }
            }
        }
    }

    @Test(
        arguments: [
            (.milliseconds(1), 1),
            (.seconds(4), 4_000),
            (.milliseconds(-1), -1),
            (.seconds(-90), -90_000),
            (.microseconds(1_999), 1),
            (.microseconds(-1_999), -1),
            (.microseconds(999), 0),
            (.zero, 0),
        ] as [(Duration, Int64)]
    )
    func `Advancing cuts to whole milliseconds`(duration: Duration, milliseconds: Int64) {
        let advanced = Timestamp.example.advanced(by: duration)
        #expect(advanced.millisecondsSinceEpoch - Timestamp.example.millisecondsSinceEpoch == milliseconds)
    }

    @Test func `A duration has the sign of the order`() {
        let later = Timestamp.example.advanced(by: .milliseconds(1_500))
        #expect(later.duration(since: .example) == .milliseconds(1_500))
        #expect(Timestamp.example.duration(since: later) == .milliseconds(-1_500))
        #expect(Timestamp.example < later)
        #expect(!(Timestamp.example < .example))
    }

    @Test func `The widest duration of all is no trap`() {
        let first = Timestamp(millisecondsSinceEpoch: .min)
        let last = Timestamp(millisecondsSinceEpoch: .max)
        #expect(last.duration(since: first) == .milliseconds(Int64.max) - .milliseconds(Int64.min))
    }
}
