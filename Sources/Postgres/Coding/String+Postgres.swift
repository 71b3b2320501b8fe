extension String: PostgresEncodable, PostgresDecodable {
    /// The text itself.
    public func encodePostgresText(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: utf8)
    }

    /// Reads any type, in its text form.
    public init?(postgresText text: Span<UInt8>) {
        guard let valid = try? UTF8Span(validating: text) else { return nil }
        self.init(copying: valid)
    }
}

extension Substring: PostgresEncodable {
    /// The text itself.
    public func encodePostgresText(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: utf8)
    }
}
