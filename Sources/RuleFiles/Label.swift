/// What rules, sets and quotas are called: for people, file names and shells.
public enum Label {
    /// The longest, in bytes.
    public static let maximumLength = 100

    /// How a label is spelled, in words.
    public static let spelling =
        "1 to 100 letters, digits, dots, underscores and hyphens, the first a letter or a digit"

    /// Whether a text is spelled as a label.
    public static func isSpelled(_ text: String) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= maximumLength else { return false }
        return text.utf8.allSatisfy { byte in
            isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
