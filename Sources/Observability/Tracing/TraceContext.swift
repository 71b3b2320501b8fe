/// Where a span stands in its trace, as it travels in the header `traceparent`.
///
/// Source: W3C Trace Context, https://www.w3.org/TR/trace-context/.
struct TraceContext: Sendable, Hashable {
    /// The name of the header.
    static let header = "traceparent"
    /// The name of the header with what vendors add, which is handed on as it is.
    static let stateHeader = "tracestate"

    /// 16 bytes, not all zero.
    let traceID: UInt128
    /// 8 bytes, not all zero.
    let spanID: UInt64
    /// Whether whoever began the trace wants it to be recorded.
    let isSampled: Bool

    init(traceID: UInt128, spanID: UInt64, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Reads a `traceparent`; nil when it is none. What a later version has added at its end is left alone.
    init?(header: String) {
        let parts = header.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4,
            let version = Self.hexNumber(parts[0], digits: 2, as: UInt8.self), version != 0xFF,
            version > 0 || parts.count == 4,
            let traceID = Self.hexNumber(parts[1], digits: 32, as: UInt128.self), traceID != 0,
            let spanID = Self.hexNumber(parts[2], digits: 16, as: UInt64.self), spanID != 0,
            let flags = Self.hexNumber(parts[3], digits: 2, as: UInt8.self)
        else { return nil }
        self.init(traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1)
    }

    /// Capital letters are none, by the standard.
    private static func hexNumber<Number: FixedWidthInteger>(
        _ text: Substring.UTF8View,
        digits: Int,
        as type: Number.Type
    ) -> Number? {
        guard text.count == digits else { return nil }
        var number: Number = 0
        for byte in text {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            number = number << 4 | Number(digit)
        }
        return number
    }

    /// As a header, in version 00.
    var header: String { "00-\(traceIDText)-\(spanIDText)-\(isSampled ? "01" : "00")" }

    /// 32 hexadecimal digits.
    var traceIDText: String { Self.hexText(traceID, digits: 32) }

    /// 16 hexadecimal digits.
    var spanIDText: String { Self.hexText(spanID, digits: 16) }

    private static func hexText(_ number: some FixedWidthInteger, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
