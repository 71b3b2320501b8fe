/// Reads the numbers and separators of a timestamp from left to right. The text is passed to each call, because a type
/// that stored the span could not escape.
struct TextScanner {
    private(set) var position = 0

    func isAtEnd(of text: Span<UInt8>) -> Bool { position == text.count }

    mutating func skip(_ separator: Unicode.Scalar, in text: Span<UInt8>) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: separator) else { return false }
        position += 1
        return true
    }

    /// A number of one to nine digits.
    mutating func number(in text: Span<UInt8>) -> Int64? {
        var value: Int64 = 0
        let start = position
        while position < text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            guard position - start < 9 else { return nil }
            value = value * 10 + Int64(digit)
            position += 1
        }
        return position > start ? value : nil
    }

    /// The digits after a decimal point, as microseconds.
    mutating func microseconds(in text: Span<UInt8>) -> Int64? {
        let start = position
        guard var value = number(in: text), position - start <= 6 else { return nil }
        for _ in (position - start)..<6 { value *= 10 }
        return value
    }

    /// An offset from UTC as seconds: `+00`, `-03:30`, `+01:02:03`, or none.
    mutating func offset(in text: Span<UInt8>) -> Int64? {
        let isNegative = skip("-", in: text)
        guard isNegative || skip("+", in: text) else { return 0 }
        guard var seconds = number(in: text).map({ $0 * 3600 }) else { return nil }
        for scale: Int64 in [60, 1] where skip(":", in: text) {
            guard let part = number(in: text) else { return nil }
            seconds += part * scale
        }
        return isNegative ? -seconds : seconds
    }
}
