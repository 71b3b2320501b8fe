public import DecisionCore

extension NamePattern {
    /// Why a text is no pattern for a name; nil when it is one.
    ///
    /// The platform's names have 1 to 255 bytes and no control characters.
    public static func fault(in text: String) -> String? {
        if text.isEmpty { return "is empty; * matches any name" }
        if length(of: text) > maximumLength { return "is longer than \(maximumLength) bytes" }
        if text.unicodeScalars.contains(where: isControl) { return "has a control character in it" }
        if NamePattern(text) == nil { return #"has a backslash that is not before *, ? or \"# }
        return nil
    }

    /// The bytes without the backslashes that escape: whatever has to be escaped in a name, it has to fit.
    private static func length(of text: String) -> Int {
        var length = 0
        var isEscaped = false
        for byte in text.utf8 {
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            if !isEscaped { length += 1 }
        }
        return length
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
