extension Double: PostgresEncodable, PostgresDecodable {
    /// The shortest decimal form that reads as the same value.
    public func encodePostgresText(into bytes: inout [UInt8]) {
        // PostgreSQL reads Swift's "inf", "nan" and exponents as they are.
        bytes.append(contentsOf: description.utf8)
    }

    /// Reads `float8`, `float4` and `numeric`.
    public init?(postgresText text: Span<UInt8>) {
        guard let text = String(postgresText: text) else { return nil }
        self.init(text)
    }
}
