/// A value that can be bound to a placeholder of a query or written by COPY.
///
/// Values travel in PostgreSQL's text form and their types are inferred by the server, so one Swift type fits all
/// columns that can read the text. Where the server cannot infer a type (`unnest(\(names))`), add a cast to the SQL
/// (`unnest(\(names)::text[])`).
public protocol PostgresEncodable {
    /// Whether the value is SQL's NULL. Then it is not encoded.
    var isPostgresNull: Bool { get }

    /// Appends the text form in UTF-8, without quotes and without a terminator. A zero byte makes the query invalid:
    /// PostgreSQL cannot store one.
    func encodePostgresText(into bytes: inout [UInt8])
}

extension PostgresEncodable {
    /// See ``PostgresEncodable/isPostgresNull``.
    public var isPostgresNull: Bool { false }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// See ``PostgresEncodable/isPostgresNull``.
    public var isPostgresNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isPostgresNull
        }
    }

    /// The wrapped value's form.
    public func encodePostgresText(into bytes: inout [UInt8]) {
        self?.encodePostgresText(into: &bytes)
    }
}
