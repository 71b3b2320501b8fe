/// The members of a JSON object as they are written, found by its quotes, brackets, colons and commas alone.
///
/// They may be anything else than JSON in between, of any number and depth, and names may repeat; it takes time in
/// proportion to the length.
struct JSONMembers: Sequence, IteratorProtocol {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    /// The members of an object; nil when the text is none, or has no end.
    init?(of text: ArraySlice<UInt8>) {
        bytes = text
        position = text.startIndex
        skipWhitespace()
        guard take(UInt8(ascii: "{")) else { return nil }
        var rest = self
        while rest.next() != nil {}
        guard rest.take(UInt8(ascii: "}")) else { return nil }
    }

    /// The next member, its name with the quotes around it.
    mutating func next() -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        _ = take(UInt8(ascii: ","))
        skipWhitespace()
        let start = position
        guard skipString() else { return nil }
        let name = bytes[start..<position]
        skipWhitespace()
        guard take(UInt8(ascii: ":")) else { return nil }
        skipWhitespace()
        let value = position
        skipValue()
        return (name, bytes[value..<position])
    }

    /// Goes to the comma or bracket that ends a value, or to the end.
    private mutating func skipValue() {
        var depth = 0
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                guard skipString() else { return }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0:
                return
            default:
                break
            }
            position += 1
        }
    }

    /// Goes behind a string; false when there is none, or it has no end.
    private mutating func skipString() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = peek() {
            position += 1
            if byte == UInt8(ascii: "\"") { return true }
            // Whatever is escaped, it is not the end.
            if byte == UInt8(ascii: "\\"), peek() != nil { position += 1 }
        }
        return false
    }

    private mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private func peek() -> UInt8? {
        position < bytes.endIndex ? bytes[position] : nil
    }
}
