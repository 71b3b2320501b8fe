internal import CLibPQ

/// libpq's parser of connection strings.
package enum ConnectionString {
    /// The options that the string sets, by libpq's names.
    ///
    /// - Throws: ``PostgresError/Code/invalidURL``.
    package static func parse(_ string: String) throws(PostgresError) -> [String: String] {
        guard !string.isEmpty else {
            throw PostgresError(.invalidURL, message: "the connection URL is empty")
        }
        guard !string.utf8.contains(0) else {
            throw PostgresError(.invalidURL, message: "the connection URL has a NUL byte in it")
        }
        var errorText: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(string, &errorText) else {
            let message = unsafe errorText.map { unsafe String(cString: $0) } ?? "out of memory"
            unsafe PQfreemem(errorText)
            throw PostgresError(.invalidURL, message: redact(message))
        }
        defer { unsafe PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe values[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return values
    }

    /// Whether libpq reads the string as a URI and not as a list of keywords.
    package static func isURI(_ string: String) -> Bool {
        string.hasPrefix("postgresql://") || string.hasPrefix("postgres://")
    }

    /// A numeric option.
    ///
    /// - Throws: ``PostgresError/Code/invalidURL`` naming the option.
    package static func number(
        _ text: String,
        for option: String,
        in range: ClosedRange<Int>
    ) throws(PostgresError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw PostgresError(
                .invalidURL,
                message: "\(option) is not a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// libpq quotes the part of the string it could not read, which may be a password or the whole URL. Only an
    /// unknown option's name is kept.
    private static func redact(_ message: String) -> String {
        let message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        let namesOption =
            message.hasPrefix("invalid connection option") || message.hasPrefix("invalid URI query parameter")
        guard let quote = message.firstIndex(of: "\"") else { return message }
        let name = message[message.index(after: quote)...].prefix { $0.isLowercase || $0 == "_" }
        if namesOption, message.count == message.distance(from: message.startIndex, to: name.endIndex) + 1 {
            return message
        }
        return message[..<quote] + "(not shown, it may contain the password)"
    }
}
