extension Duration {
    /// Reads `4s`, `250ms` or `1.5s`; nil for anything else, and for a negative one.
    init?(text: String) {
        let (digits, scale): (Substring, Double) =
            if text.hasSuffix("ms") {
                (text.dropLast(2), 0.001)
            } else if text.hasSuffix("s") {
                (text.dropLast(), 1)
            } else {
                ("", 0)
            }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let number = Double(digits), number * scale <= 1_000_000
        else { return nil }
        // To the nanosecond: 4900ms is 4.9 s, and not the binary fraction next to it.
        self = .nanoseconds(Int64((number * scale * 1e9).rounded()))
    }

    /// The shortest of the spellings that ``init(text:)`` reads.
    var text: String {
        let milliseconds = components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}
