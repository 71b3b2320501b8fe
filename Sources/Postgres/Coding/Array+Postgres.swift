extension Array: PostgresEncodable, PostgresDecodable where Element: PostgresArrayElement {
    /// The array literal; for bytes the hexadecimal form.
    public func encodePostgresText(into bytes: inout [UInt8]) {
        Element.encodePostgresArray(self, into: &bytes)
    }

    /// Reads a one-dimensional array; for bytes the hexadecimal form of `bytea`.
    public init?(postgresText text: Span<UInt8>) {
        guard let elements = Element.decodePostgresArray(text) else { return nil }
        self = elements
    }
}

/// `[[UInt8]]` is an array of `bytea`; other nested arrays are not supported.
extension Array: PostgresArrayElement where Element == UInt8 {}
