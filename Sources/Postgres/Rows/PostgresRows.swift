/// The result of one statement.
///
/// The values stay in the buffer that libpq received them in, which lives as long as the rows or one of them does;
/// a cell is read when it is decoded.
public struct PostgresRows: Sendable, Sequence {
    private let result: ResultHandle

    init(_ result: ResultHandle) {
        self.result = result
    }

    /// The number of rows.
    public var count: Int { result.rowCount }

    /// Whether there is no row.
    public var isEmpty: Bool { count == 0 }

    /// The names of the columns, in order.
    public var columns: [String] { (0..<result.columnCount).map(result.columnName) }

    /// How many rows the statement inserted, changed, deleted or returned; 0 where that makes no sense.
    public var affectedRows: Int { result.affectedRows }

    /// The first row.
    public var first: PostgresRow? { isEmpty ? nil : self[0] }

    /// A row by its place, from 0 to `count - 1`.
    public subscript(index: Int) -> PostgresRow {
        precondition(index >= 0 && index < count, "row \(index) of \(count)")
        return PostgresRow(result: result, index: index)
    }

    /// The number of rows.
    public var underestimatedCount: Int { count }

    /// Goes through the rows from the first on.
    public func makeIterator() -> Iterator {
        Iterator(result: result)
    }

    /// Goes through the rows in the server's order.
    public struct Iterator: IteratorProtocol {
        private let result: ResultHandle
        private var position = 0

        init(result: ResultHandle) {
            self.result = result
        }

        /// The next row; nil after the last.
        public mutating func next() -> PostgresRow? {
            guard position < result.rowCount else { return nil }
            defer { position += 1 }
            return PostgresRow(result: result, index: position)
        }
    }

    /// The command's tag, for example `INSERT 0 3`.
    var commandTag: String { result.commandTag }
}
