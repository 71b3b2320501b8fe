/// Writes one JSON text (RFC 8259) into a buffer, in one pass, without intermediate values.
///
/// The messages between the parts and the answers to the platform are small and frequent, and are written here byte by
/// byte. The caller nests the calls correctly; commas are put in automatically.
public struct JSONWriter {
    /// The text so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An empty text.
    ///
    /// - Parameter capacity: The expected number of bytes.
    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an object, as the top-level value or an array's element.
    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        beginValue()
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    /// Writes a member that is an object.
    public mutating func member(_ name: StaticString, object members: (inout JSONWriter) -> Void) {
        key(name)
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    /// Writes a member that is an array.
    public mutating func member(_ name: StaticString, array elements: (inout JSONWriter) -> Void) {
        key(name)
        nest(UInt8(ascii: "["), UInt8(ascii: "]"), elements)
    }

    /// Writes a member that is a string.
    public mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        appendString(value)
        needsComma = true
    }

    /// Writes a member that is a whole number.
    public mutating func member(_ name: StaticString, _ value: some BinaryInteger) {
        key(name)
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    /// Writes a member that is `true` or `false`.
    public mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
        needsComma = true
    }

    /// Writes a member whose name is made at run time.
    public mutating func member(named name: String, _ value: String) {
        key(named: name)
        appendString(value)
        needsComma = true
    }

    /// Writes a member whose name is made at run time.
    public mutating func member(named name: String, _ value: some BinaryInteger) {
        key(named: name)
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    /// Writes an array's element that is a string.
    public mutating func element(_ value: String) {
        beginValue()
        appendString(value)
        needsComma = true
    }

    private mutating func beginValue() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func nest(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    /// Member names are literals of this program and need no escaping.
    private mutating func key(_ name: StaticString) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func key(named name: String) {
        beginValue()
        appendString(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func appendString(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        // Nearly no text has anything to escape, and is copied as a whole then.
        let isCopied = value.utf8.withContiguousStorageIfAvailable { utf8 in
            guard !utf8.contains(where: Self.mustEscape) else { return false }
            bytes.append(contentsOf: utf8)
            return true
        }
        if isCopied != true { appendEscaped(value) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.hexDigits[Int(byte >> 4)])
                bytes.append(Self.hexDigits[Int(byte & 0xF)])
            default:
                bytes.append(byte)
            }
        }
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
