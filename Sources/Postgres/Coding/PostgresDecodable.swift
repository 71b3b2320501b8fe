/// A value that can be read from a column of a result.
public protocol PostgresDecodable {
    /// What NULL is; nil when this type has no such value, and a NULL is an error.
    static var postgresNull: Self? { get }

    /// Reads the column's text form, in UTF-8. Nil when it is no value of this type.
    init?(postgresText text: Span<UInt8>)
}

extension PostgresDecodable {
    /// See ``PostgresDecodable/postgresNull``.
    public static var postgresNull: Self? { nil }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// See ``PostgresDecodable/postgresNull``.
    public static var postgresNull: Wrapped?? { .some(.none) }

    /// Reads the wrapped type's form.
    public init?(postgresText text: Span<UInt8>) {
        guard let value = Wrapped(postgresText: text) else { return nil }
        self = .some(value)
    }
}
