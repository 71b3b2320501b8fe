/// The text of a `json` or `jsonb` value, as it is.
public struct PostgresJSON: Sendable, Hashable, PostgresEncodable, PostgresDecodable {
    /// The JSON text. The server refuses what is not JSON with SQLSTATE 22P02.
    public var text: String

    /// Takes JSON text, which is not checked here.
    public init(_ text: String) {
        self.text = text
    }

    /// The JSON text.
    public func encodePostgresText(into bytes: inout [UInt8]) {
        text.encodePostgresText(into: &bytes)
    }

    /// Reads `json` and `jsonb`.
    public init?(postgresText text: Span<UInt8>) {
        guard let text = String(postgresText: text) else { return nil }
        self.text = text
    }
}
