/// An element of a Swift array that is one PostgreSQL value.
///
/// Nearly always the value is an array of the element's type. The exception is `[UInt8]`, which is a `bytea`.
public protocol PostgresArrayElement {
    /// Appends the text form of the whole array.
    static func encodePostgresArray(_ elements: [Self], into bytes: inout [UInt8])

    /// Reads the text form of the whole array; nil when it is none.
    static func decodePostgresArray(_ text: Span<UInt8>) -> [Self]?
}

extension PostgresArrayElement where Self: PostgresEncodable {
    /// The array literal.
    public static func encodePostgresArray(_ elements: [Self], into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            if element.isPostgresNull {
                bytes.append(contentsOf: "NULL".utf8)
            } else {
                ArrayLiteral.appendQuoted(to: &bytes) { element.encodePostgresText(into: &$0) }
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }
}

extension PostgresArrayElement where Self: PostgresDecodable {
    /// Reads the array literal.
    public static func decodePostgresArray(_ text: Span<UInt8>) -> [Self]? {
        var elements: [Self] = []
        let isComplete = ArrayLiteral.forEachElement(in: text) { element in
            let value: Self? =
                switch element {
                case .some(let text): Self(postgresText: text)
                case .none: Self.postgresNull
                }
            guard let value else { return false }
            elements.append(value)
            return true
        }
        return isComplete ? elements : nil
    }
}

extension Bool: PostgresArrayElement {}
extension Int: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Int16: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension String: PostgresArrayElement {}
extension PostgresJSON: PostgresArrayElement {}
extension PostgresTimestamp: PostgresArrayElement {}
extension Optional: PostgresArrayElement where Wrapped: PostgresEncodable & PostgresDecodable {}

extension UInt8: PostgresArrayElement {
    /// The hexadecimal form of `bytea`.
    public static func encodePostgresArray(_ elements: [UInt8], into bytes: inout [UInt8]) {
        ByteaText.append(elements, to: &bytes)
    }

    /// Reads the hexadecimal form of `bytea`.
    public static func decodePostgresArray(_ text: Span<UInt8>) -> [UInt8]? {
        ByteaText.decode(text)
    }
}
