/// The text form of one-dimensional arrays: `{a,"b, c",NULL}`.
package enum ArrayLiteral {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let comma = UInt8(ascii: ",")

    /// Appends what `write` appends, in quotes, which are always right: they keep `NULL`, blanks and the empty text
    /// apart.
    package static func appendQuoted(to bytes: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        bytes.append(quote)
        let start = bytes.count
        write(&bytes)
        // Written in place first, because few texts have something to escape.
        if bytes[start...].contains(where: { $0 == quote || $0 == backslash }) {
            let text = Array(bytes[start...])
            bytes.removeSubrange(start...)
            for byte in text {
                if byte == quote || byte == backslash { bytes.append(backslash) }
                bytes.append(byte)
            }
        }
        bytes.append(quote)
    }

    /// Calls `body` with the text of each element, nil for NULL, until it returns false.
    ///
    /// - Returns: False when the text is no one-dimensional array, or `body` returned false.
    package static func forEachElement(in text: Span<UInt8>, _ body: (Span<UInt8>?) -> Bool) -> Bool {
        guard var position = start(of: text) else { return false }
        let end = text.count - 1
        guard position <= end, text[end] == UInt8(ascii: "}") else { return false }
        if position == end { return true }
        var unescaped: [UInt8] = []
        while true {
            if text[position] == quote {
                unescaped.removeAll(keepingCapacity: true)
                position += 1
                while position < end, text[position] != quote {
                    if text[position] == backslash { position += 1 }
                    guard position < end else { return false }
                    unescaped.append(text[position])
                    position += 1
                }
                guard position < end, body(unescaped.span) else { return false }
                position += 1
            } else {
                let first = position
                while position < end, text[position] != comma {
                    // A brace here is an inner array; PostgreSQL quotes one that is data, and escapes only in quotes.
                    if text[position] == UInt8(ascii: "{") || text[position] == backslash { return false }
                    position += 1
                }
                guard position > first else { return false }
                let element = text.extracting(first..<position)
                guard isNull(element) ? body(nil) : body(element) else { return false }
            }
            if position == end { return true }
            guard text[position] == comma, position + 1 < end else { return false }
            position += 1
        }
    }

    /// The position after the opening brace, which explicit bounds may precede: `[0:1]={a,b}`.
    private static func start(of text: Span<UInt8>) -> Int? {
        var position = 0
        if !text.isEmpty, text[0] == UInt8(ascii: "[") {
            while position < text.count, text[position] != UInt8(ascii: "=") { position += 1 }
            position += 1
        }
        guard position < text.count, text[position] == UInt8(ascii: "{") else { return nil }
        return position + 1
    }

    private static func isNull(_ element: Span<UInt8>) -> Bool {
        element.count == 4
            && element[0] == UInt8(ascii: "N") && element[1] == UInt8(ascii: "U")
            && element[2] == UInt8(ascii: "L") && element[3] == UInt8(ascii: "L")
    }
}
