/// Takes passwords out of lines of the log.
///
/// Nothing of ours puts one there. But the messages of libraries and servers go to the log, too, and may repeat the URL
/// or the connection string that they were given.
enum LogSecrets {
    /// The text with `***` in the place of what stands before the `@` of a URL, or after `password=`.
    static func hidden(in text: String) -> String {
        // Nearly no line has either.
        guard text.contains("://") || text.contains("password=") else { return text }
        return hidingPasswords(in: hidingCredentials(in: text[...]))
    }

    private static func hidingCredentials(in text: Substring) -> String {
        var rest = text
        var result = ""
        while let scheme = rest.firstRange(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !" \t\n\"'/?#<>".contains($0) }
            guard let at = authority.lastIndex(of: "@") else { continue }
            result += "***"
            rest = rest[at...]
        }
        return result + rest
    }

    private static func hidingPasswords(in text: String) -> String {
        var rest = text[...]
        var result = ""
        while let name = rest.firstRange(of: "password=") {
            result += rest[..<name.upperBound]
            rest = rest[name.upperBound...]
            guard !rest.isEmpty else { break }
            result += "***"
            if rest.first == "'" {
                // As libpq quotes: a backslash takes the next character.
                var isEscaped = false
                let end = rest.dropFirst().firstIndex { character in
                    defer { isEscaped = character == "\\" && !isEscaped }
                    return character == "'" && !isEscaped
                }
                // One that is not closed takes what is left of its line, and no more.
                rest = end.map { rest[rest.index(after: $0)...] } ?? rest.drop { $0 != "\n" }
            } else {
                rest = rest.drop { !" \t\n\"&,;".contains($0) }
            }
        }
        return result + rest
    }
}
