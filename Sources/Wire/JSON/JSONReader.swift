/// Reads one JSON text (RFC 8259) value by value, in one pass.
///
/// Strict: the text is UTF-8 without a byte order mark, numbers follow the grammar, control characters are escaped,
/// surrogates come in pairs, no member occurs twice, and nothing follows the value. The caller says what it expects;
/// anything else is a ``JSONError``. Nesting is bounded, so hostile input costs time in proportion to its length only.
public struct JSONReader {
    /// The kind of the next value.
    public enum Kind: Sendable, Equatable {
        case object, array, string, number, boolean, null
    }

    /// The deepest nesting that is read.
    public static let maximumDepth = 32

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// Starts at the first byte.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The kind of the next value.
    public mutating func peekKind() throws(JSONError) -> Kind {
        skipWhitespace()
        guard let byte = peek() else { throw fault("expected a value") }
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw fault("expected a value")
        }
    }

    /// Reads an object; `member` must read or skip the value that follows each name.
    ///
    /// - Parameter maximumMembers: An object with more is refused: each name is compared with all before it.
    public mutating func readObject(
        maximumMembers: Int = 256,
        _ member: (inout JSONReader, String) throws(JSONError) -> Void
    ) throws(JSONError) {
        try open(UInt8(ascii: "{"), "expected an object")
        // Compared byte by byte: names that only look the same are different members.
        var names: [String] = []
        while try !close(UInt8(ascii: "}"), isFirst: names.isEmpty) {
            skipWhitespace()
            let start = position
            let name = try readString()
            guard !names.contains(where: { $0.utf8.count == name.utf8.count && $0.utf8.elementsEqual(name.utf8) })
            else {
                throw JSONError("a member occurs twice", at: start)
            }
            guard names.count < maximumMembers else { throw JSONError("too many members", at: start) }
            names.append(name)
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw fault("expected a colon") }
            try member(&self, name)
        }
    }

    /// Reads an array; `element` must read or skip each value.
    public mutating func readArray(_ element: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        try open(UInt8(ascii: "["), "expected an array")
        var isFirst = true
        while try !close(UInt8(ascii: "]"), isFirst: isFirst) {
            isFirst = false
            try element(&self)
        }
    }

    /// Reads a string.
    public mutating func readString() throws(JSONError) -> String {
        skipWhitespace()
        guard take(UInt8(ascii: "\"")) else { throw fault("expected a string") }
        let start = position
        var isASCII = true
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { return try readEscapedString(from: start) }
            guard byte >= 0x20 else { throw fault("a control character in a string") }
            if byte >= 0x80 { isASCII = false }
            position += 1
        }
        let end = position
        guard take(UInt8(ascii: "\"")) else { throw fault("a string has no end") }
        // Nearly all strings are, and there is nothing to validate then.
        if isASCII { return String(decoding: bytes[start..<end], as: UTF8.self) }
        guard let text = String(validating: bytes[start..<end], as: UTF8.self) else {
            throw JSONError("a string is not UTF-8", at: start)
        }
        return text
    }

    /// Reads a whole number that fits 64 bits.
    public mutating func readInteger() throws(JSONError) -> Int64 {
        let start = position
        let text = try readNumber()
        guard let number = Int64(String(decoding: text, as: UTF8.self)) else {
            throw JSONError("expected a whole number of 64 bits", at: start)
        }
        return number
    }

    /// Reads a number, as it is written.
    public mutating func readNumberText() throws(JSONError) -> String {
        String(decoding: try readNumber(), as: UTF8.self)
    }

    /// Reads `true` or `false`.
    public mutating func readBool() throws(JSONError) -> Bool {
        skipWhitespace()
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        throw fault("expected true or false")
    }

    /// Reads `null`.
    public mutating func readNull() throws(JSONError) {
        skipWhitespace()
        guard takeWord("null") else { throw fault("expected null") }
    }

    /// Reads any value and forgets it.
    public mutating func skipValue() throws(JSONError) {
        switch try peekKind() {
        case .object: try readObject { (reader, _) throws(JSONError) in try reader.skipValue() }
        case .array: try readArray { reader throws(JSONError) in try reader.skipValue() }
        case .string: _ = try readString()
        case .number: _ = try readNumber()
        case .boolean: _ = try readBool()
        case .null: try readNull()
        }
    }

    /// The text of what was read since an earlier state of this reader, without the white space before it.
    func bytes(since start: JSONReader) -> [UInt8] {
        var start = start
        start.skipWhitespace()
        return Array(bytes[start.position..<max(start.position, position)])
    }

    /// Makes sure that nothing follows the value.
    public mutating func finish() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else { throw fault("something follows the value") }
    }

    // MARK: - Bytes

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        if matches { position += word.utf8CodeUnitCount }
        return matches
    }

    private mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private func fault(_ problem: String) -> JSONError {
        JSONError(position < bytes.count ? problem : "the text ends too early", at: position)
    }

    // MARK: - Containers

    private mutating func open(_ byte: UInt8, _ expectation: String) throws(JSONError) {
        skipWhitespace()
        guard take(byte) else { throw fault(expectation) }
        depth += 1
        guard depth <= Self.maximumDepth else { throw fault("nested too deeply") }
    }

    /// Takes the closing byte, or the comma before the next item.
    private mutating func close(_ byte: UInt8, isFirst: Bool) throws(JSONError) -> Bool {
        skipWhitespace()
        if take(byte) {
            depth -= 1
            return true
        }
        guard isFirst || take(UInt8(ascii: ",")) else { throw fault("expected a comma or the end") }
        return false
    }

    // MARK: - Numbers

    private mutating func readNumber() throws(JSONError) -> ArraySlice<UInt8> {
        skipWhitespace()
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try takeDigits() }
        if take(UInt8(ascii: ".")) { try takeDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try takeDigits()
        }
        return bytes[start..<position]
    }

    private mutating func takeDigits() throws(JSONError) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        guard position > start else { throw fault("expected a digit") }
    }

    // MARK: - Escapes

    private mutating func readEscapedString(from start: Int) throws(JSONError) -> String {
        var unescaped = Array(bytes[start..<position])
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw fault("a control character in a string") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                unescaped.append(contentsOf: try readEscape().utf8)
            } else {
                unescaped.append(byte)
            }
        }
        guard take(UInt8(ascii: "\"")) else { throw fault("a string has no end") }
        guard let text = String(validating: unescaped, as: UTF8.self) else {
            throw JSONError("a string is not UTF-8", at: start)
        }
        return text
    }

    private mutating func readEscape() throws(JSONError) -> Character {
        guard let byte = peek() else { throw fault("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try readUnicodeEscape())
        default: throw JSONError("an unknown escape", at: position - 1)
        }
    }

    private mutating func readUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try readFourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // Only surrogates are code points without a scalar; a high one must be followed by a low one.
        guard (0xD800..<0xDC00).contains(first), takeWord("\\u") else {
            throw JSONError("a surrogate stands alone", at: start)
        }
        let second = try readFourHexDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else {
            throw JSONError("a surrogate stands alone", at: start)
        }
        return scalar
    }

    private mutating func readFourHexDigits() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw JSONError("the text ends too early", at: bytes.count) }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw fault("expected a hexadecimal digit")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
