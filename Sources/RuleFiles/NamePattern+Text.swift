public import DecisionCore

extension NamePattern {
    /// Why a text is no pattern for a name; nil when it is one.
    ///
    /// The platform's names have 1 to 255 bytes and no control characters.
    public static func fault(in text: String) -> String? {
        if text.isEmpty { return "is empty; * matches any name" }
        if text.utf8.count > maximumLength { return "is longer than \(maximumLength) bytes" }
        if text.unicodeScalars.contains(where: isControl) { return "has a control character in it" }
        if NamePattern(text) == nil { return #"has a backslash that is not before *, ? or \"# }
        return nil
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
