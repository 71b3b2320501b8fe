/// SQL with the values that belong to it.
///
/// Made by string interpolation, which binds: in
///
///     "SELECT format FROM rules WHERE id = \(id)"
///
/// the value never becomes a part of the SQL; the server gets `$1` and the value beside it. Names cannot be bound:
/// `\(identifier: name)` quotes one. `\(unescaped: text)` inserts SQL as it is and is safe for constants only.
///
/// A connection prepares each SQL text once, so keep values out of it.
public struct PostgresQuery: Sendable, ExpressibleByStringInterpolation {
    /// The SQL, with `$1`, `$2` and so on where values are bound.
    public let sql: String
    let bindings: PostgresBindings
    /// False for the module's own transaction control, which must work in a failed transaction too.
    let isPrepared: Bool

    /// Takes SQL with bound values.
    public init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        bindings = stringInterpolation.bindings
        isPrepared = true
    }

    /// Takes SQL without values.
    public init(stringLiteral: String) {
        self.init(unescaped: stringLiteral)
    }

    /// Takes SQL as it is, without values.
    public init(unescaped sql: String) {
        self.init(sql: sql, isPrepared: true)
    }

    init(sql: String, isPrepared: Bool) {
        self.sql = sql
        self.isPrepared = isPrepared
        bindings = PostgresBindings()
    }

    /// - Throws: ``PostgresError/Code/encodingFailed`` for what the protocol cannot carry. It would be cut off at the
    ///   zero byte and run as something else.
    func validate() throws(PostgresError) {
        guard !sql.utf8.contains(0) else {
            throw PostgresError(.encodingFailed, message: "the SQL has a NUL byte in it")
        }
        guard bindings.count <= 65_535 else {
            throw PostgresError(.encodingFailed, message: "a statement cannot have more than 65535 values")
        }
        if let index = bindings.indexOfInvalidValue {
            throw PostgresError(.encodingFailed, message: "the value of $\(index + 1) has a NUL byte in it")
        }
    }
}

extension PostgresQuery {
    /// Collects the SQL and its values.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var sql = ""
        var bindings = PostgresBindings()

        /// Makes room for the text and the placeholders.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + 3 * interpolationCount)
        }

        /// Adds a part of the SQL.
        public mutating func appendLiteral(_ literal: String) {
            sql += literal
        }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            bindings.append(value)
            sql += "$\(bindings.count)"
        }

        /// Binds a value, or NULL.
        public mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            // Its own method because the compiler warns of an optional that meets the one above.
            bindings.append(value)
            sql += "$\(bindings.count)"
        }

        /// Inserts text as it is. Never use it with what came from outside.
        public mutating func appendInterpolation(unescaped text: String) {
            sql += text
        }

        /// Inserts a quoted name.
        public mutating func appendInterpolation(identifier name: String) {
            sql += PostgresIdentifier(name).quoted
        }

        /// Inserts a quoted name.
        public mutating func appendInterpolation(_ identifier: PostgresIdentifier) {
            sql += identifier.quoted
        }
    }
}
