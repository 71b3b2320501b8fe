import DecisionCore
import RuleFiles
import Testing

@Suite struct TimestampISO8601Tests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-22T18:45:00.123Z", 1_795_373_100_123),
        ("2026-11-22t18:45:00.1z", 1_795_373_100_100),
        ("2026-11-23 02:45+08:00", 1_795_373_100_000),
        ("2026-11-22T13:15:00-05:30", 1_795_373_100_000),
        ("2000-02-29T12:00:00Z", 951_825_600_000),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000),
        ("9999-12-31T00:00:00Z", 253_402_214_400_000),
    ])
    func `A time with its offset is read`(text: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: text) == Timestamp(millisecondsSinceEpoch: milliseconds))
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T18:45:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.1234Z",
        "2026-01-01T00:00:00+0800", "2026-01-01T00:00:00+16:00", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00",
        "9999-12-31T00:00:01Z", " 2026-01-01T00:00:00Z",
    ])
    func `Anything else is not`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `What is written is read again`() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<1_000 {
            let time = Timestamp(millisecondsSinceEpoch: Int64.random(in: 0...253_402_214_400_000, using: &random))
            #expect(Timestamp(iso8601: time.description) == time)
        }
    }
}
