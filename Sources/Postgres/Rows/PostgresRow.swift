/// One row of a result.
public struct PostgresRow: Sendable {
    private let result: ResultHandle
    private let index: Int

    init(result: ResultHandle, index: Int) {
        self.result = result
        self.index = index
    }

    /// The number of columns.
    public var count: Int { result.columnCount }

    /// The names of the columns, in order.
    public var columns: [String] { (0..<count).map(result.columnName) }

    /// Reads all columns from left to right: `let (id, name) = try row.decode((Int64, String?).self)`.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` when the number of columns is another, or a value does not fit
    ///   its type, a NULL without an `Optional` included. The error names the column, never the value.
    public func decode<each Column: PostgresDecodable>(
        _ types: (repeat each Column).Type = (repeat each Column).self
    ) throws(PostgresError) -> (repeat each Column) {
        var expected = 0
        for _ in repeat (each Column).self { expected += 1 }
        guard expected == count else {
            throw PostgresError(.decodingFailed, message: "\(count) columns cannot be read as \(expected)")
        }
        var column = 0
        return (repeat try decodeNext((each Column).self, &column))
    }

    /// Reads the only column.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed``, also when there are more columns.
    public func decode<Value: PostgresDecodable>(_ type: Value.Type = Value.self) throws(PostgresError) -> Value {
        guard count == 1 else {
            throw PostgresError(.decodingFailed, message: "\(count) columns cannot be read as 1")
        }
        return try decode(type, at: 0)
    }

    /// Reads one column by its place, from 0.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed``.
    public func decode<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self,
        at column: Int
    ) throws(PostgresError) -> Value {
        guard column >= 0, column < count else {
            throw PostgresError(.decodingFailed, message: "there is no column \(column)")
        }
        let value = result.withCell(row: index, column: column) { text -> Value? in
            switch text {
            case .some(let text): Value(postgresText: text)
            case .none: Value.postgresNull
            }
        }
        guard let value else {
            throw PostgresError(
                .decodingFailed,
                message: "column \(column) (\(result.columnName(column))) of row \(index) is no \(Value.self)",
                column: result.columnName(column)
            )
        }
        return value
    }

    /// Reads one column by its name, which is searched for each time: use places where there are many rows.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed``.
    public func decode<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self,
        named name: String
    ) throws(PostgresError) -> Value {
        guard let column = columns.firstIndex(of: name) else {
            throw PostgresError(.decodingFailed, message: "there is no column \(name)", column: name)
        }
        return try decode(type, at: column)
    }

    /// The text of a column by its place; nil for NULL and for a place that does not exist.
    public subscript(column: Int) -> String? {
        guard column >= 0, column < count else { return nil }
        return result.withCell(row: index, column: column) { text in
            switch text {
            case .some(let text): String(postgresText: text)
            case .none: nil
            }
        }
    }

    /// The text of a column by its name; nil for NULL and for a name that does not exist.
    public subscript(name: String) -> String? {
        columns.firstIndex(of: name).flatMap { self[$0] }
    }

    private func decodeNext<Value: PostgresDecodable>(
        _ type: Value.Type,
        _ column: inout Int
    ) throws(PostgresError) -> Value {
        defer { column += 1 }
        return try decode(type, at: column)
    }
}
