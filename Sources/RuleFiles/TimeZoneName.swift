/// The names of time zones, as far as their spelling goes; only a database of time zones knows which ones exist.
public enum TimeZoneName {
    /// How a name is spelled, in words.
    public static let spelling = "an IANA name such as Asia/Shanghai, or UTC"

    /// Whether a text is spelled as a name that the business state would look up. Abbreviations such as CST mean two
    /// things, and rules such as EST5EDT follow no country's changes of them.
    public static func isSpelled(_ text: String) -> Bool {
        if text == "UTC" { return true }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, parts[0] == "Etc", parts[1].hasPrefix("GMT+") || parts[1].hasPrefix("GMT-") {
            let hours = parts[1].dropFirst(4).utf8
            return (1...2).contains(hours.count)
                && hours.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        }
        guard (2...3).contains(parts.count), !["posix", "right"].contains(parts[0].lowercased()) else { return false }
        return parts[0].utf8.allSatisfy(isLetter)
            && parts.dropFirst().allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
            } && !parts[0].isEmpty
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        Label.isAlphanumeric(byte) && byte >= UInt8(ascii: "A")
    }
}
