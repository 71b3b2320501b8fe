/// What a pattern means, read off its definition: slow, and with nothing to get wrong.
enum NaiveGlob {
    /// Whether a well-formed pattern matches a name.
    static func matches(_ pattern: String, _ name: String) -> Bool {
        matches(Array(pattern.unicodeScalars)[...], Array(name.unicodeScalars)[...])
    }

    private static func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ name: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*": return matches(rest, name) || !name.isEmpty && matches(pattern, name.dropFirst())
        case "?": return !name.isEmpty && matches(rest, name.dropFirst())
        case "\\": return name.first == rest.first && matches(rest.dropFirst(), name.dropFirst())
        default: return name.first == first && matches(rest, name.dropFirst())
        }
    }
}
