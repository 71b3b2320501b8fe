/// The name of a table, column, channel or role, with its schema if it has one. Case and special characters are kept.
public struct PostgresIdentifier: Sendable, Hashable, ExpressibleByStringLiteral {
    private let parts: [String]

    /// A name without a schema; a dot in it is a part of the name.
    public init(_ name: String) {
        parts = [name]
    }

    /// A name in a schema.
    public init(schema: String, _ name: String) {
        parts = [schema, name]
    }

    /// A name without a schema.
    public init(stringLiteral name: String) {
        self.init(name)
    }

    /// The SQL form, for example `"audit"."outcomes"`.
    public var quoted: String {
        parts.map { part in
            "\"" + part.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }.joined(separator: ".")
    }
}
