/// The escapes of a JSON string that stand for half of a character, such as `\ud800` without the other half.
enum LoneSurrogates {
    /// The string with the escape of U+FFFD in the place of each of them.
    static func replaced(in string: ArraySlice<UInt8>) -> [UInt8] {
        var bytes = Array(string)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            switch surrogate(at: index, in: bytes) {
            case nil:
                index += 2
            case .high where surrogate(at: index + 6, in: bytes) == .low:
                index += 12
            case .high, .low:
                bytes.replaceSubrange(index..<index + 6, with: #"\ufffd"#.utf8)
                index += 6
            }
        }
        return bytes
    }

    private enum Half {
        case high, low
    }

    /// The half that the escape at an index stands for: `\ud8` to `\udb` and two more digits is a high one, `\udc` to
    /// `\udf` a low one.
    private static func surrogate(at index: Int, in bytes: [UInt8]) -> Half? {
        guard index + 6 <= bytes.count, bytes[index..<index + 2].elementsEqual(#"\u"#.utf8),
            let code = UInt16(String(decoding: bytes[index + 2..<index + 6], as: UTF8.self), radix: 16)
        else { return nil }
        switch code {
        case 0xD800..<0xDC00: return .high
        case 0xDC00..<0xE000: return .low
        default: return nil
        }
    }
}
