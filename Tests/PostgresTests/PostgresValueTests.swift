import Testing

@testable import Postgres

@Suite struct PostgresValueTests {
    private func decode<Value: PostgresDecodable>(_ text: String, as type: Value.Type = Value.self) -> Value? {
        Value(postgresText: Array(text.utf8).span)
    }

    private func encode(_ value: some PostgresEncodable) -> String {
        var bytes: [UInt8] = []
        value.encodePostgresText(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: ["", "-", "+1", "1a", " 1", "9223372036854775808", "-9223372036854775809", "1.0"])
    func `text that is no integer of the size is refused`(text: String) {
        #expect(decode(text, as: Int64.self) == nil)
    }

    @Test func `the ends of each integer type are kept`() {
        #expect(decode("-9223372036854775808", as: Int64.self) == .min)
        #expect(decode("9223372036854775807", as: Int.self) == .max)
        #expect(decode("32768", as: Int16.self) == nil)
        #expect(encode(Int64.min) == "-9223372036854775808")
        #expect(encode(Int16(0)) == "0")
    }

    @Test(arguments: [
        ("1970-01-01 00:00:00+00", 0),
        ("1969-12-31 23:59:59.999999+00", -1),
        ("2000-02-29 12:34:56.789+00", 951_827_696_789_000),
        ("2026-01-01 01:00:00+01", 1_767_225_600_000_000),
        ("2025-12-31 20:30:00-03:30", 1_767_225_600_000_000),
        ("2026-01-01 00:00:00", 1_767_225_600_000_000),
        ("0001-01-01 00:00:00+00", -62_135_596_800_000_000),
        ("0001-12-31 00:00:00+00 BC", -62_135_683_200_000_000),
        ("infinity", Int64.max),
        ("-infinity", Int64.min),
    ])
    func `timestamps are read`(text: String, microseconds: Int64) {
        #expect(decode(text, as: PostgresTimestamp.self)?.microsecondsSinceEpoch == microseconds)
    }

    @Test(arguments: [
        "", "now", "2026-13-01 00:00:00+00", "2026-01-01", "2026-01-01 00:00:00+00 AD",
        "2026-01-01 00:00:00.1234567+00",
    ])
    func `other texts are no timestamps`(text: String) {
        #expect(decode(text, as: PostgresTimestamp.self) == nil)
    }

    @Test func `timestamps are written as they are read`() {
        #expect(encode(PostgresTimestamp(microsecondsSinceEpoch: -1)) == "1969-12-31 23:59:59.999999+00")
        #expect(encode(PostgresTimestamp.infinity) == "infinity")
        var microseconds: Int64 = -210_000_000_000_000_000
        while microseconds < 9_000_000_000_000_000_000 {
            let timestamp = PostgresTimestamp(microsecondsSinceEpoch: microseconds)
            #expect(decode(encode(timestamp)) == timestamp)
            microseconds += 123_456_789_012_345_67
        }
    }

    @Test func `bytea is hexadecimal`() {
        #expect(encode([0, 1, 254, 255] as [UInt8]) == #"\x0001feff"#)
        #expect(decode(#"\x0001feff"#) == [0, 1, 254, 255] as [UInt8])
        #expect(decode(#"\x"#) == [] as [UInt8])
        for text in ["", "x", #"\x0"#, #"\xgg"#, "00"] { #expect(decode(text, as: [UInt8].self) == nil) }
    }

    @Test func `booleans are a letter`() {
        #expect(decode("t") == true)
        #expect(decode("f") == false)
        #expect(decode("true", as: Bool.self) == nil)
    }

    @Test func `invalid UTF-8 is no string`() {
        #expect(String(postgresText: ([0xff, 0x41] as [UInt8]).span) == nil)
    }
}
