internal import CLibPQ

/// Owns a `PGresult`.
///
/// `@unchecked Sendable` by libpq's threading contract: "PGresult objects are normally read-only after creation, and
/// so can be passed around freely between threads." Nothing here changes one.
@safe final class ResultHandle: @unchecked Sendable {
    private let result: OpaquePointer
    let rowCount: Int
    let columnCount: Int

    init(_ result: OpaquePointer) {
        unsafe self.result = unsafe result
        rowCount = unsafe Int(PQntuples(result))
        columnCount = unsafe Int(PQnfields(result))
    }

    deinit {
        unsafe PQclear(result)
    }

    /// What the result says about the statement.
    var status: ResultStatus {
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .command
        case PGRES_TUPLES_OK: .rows
        case PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR, PGRES_BAD_RESPONSE: .failed
        case PGRES_PIPELINE_SYNC: .synced
        case PGRES_PIPELINE_ABORTED: .skipped
        case PGRES_COPY_IN: .copyIn
        default: .unexpected
        }
    }

    /// The command's tag, for example `INSERT 0 3`.
    var commandTag: String {
        unsafe String(cString: PQcmdStatus(result))
    }

    /// The rows that the command inserted, changed, deleted, copied or returned.
    var affectedRows: Int {
        unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    func columnName(_ column: Int) -> String {
        unsafe PQfname(result, Int32(column)).map { unsafe String(cString: $0) } ?? ""
    }

    /// Lends the cell's text, nil for NULL. Row and column must exist.
    func withCell<Value>(row: Int, column: Int, _ body: (Span<UInt8>?) -> Value) -> Value {
        precondition(row >= 0 && row < rowCount && column >= 0 && column < columnCount)
        let row = Int32(row)
        let column = Int32(column)
        guard unsafe PQgetisnull(result, row, column) == 0 else { return body(nil) }
        let count = unsafe Int(PQgetlength(result, row, column))
        let cell = unsafe UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: count)
        return unsafe cell.withMemoryRebound(to: UInt8.self) { body(unsafe $0.span) }
    }

    /// The server's error fields, or libpq's text when the error is its own.
    func error(_ code: PostgresError.Code) -> PostgresError {
        PostgresError(
            code,
            sqlState: field(clibpq_diag_sqlstate).map(SQLState.init(rawValue:)),
            message: field(clibpq_diag_message_primary) ?? ownMessage,
            detail: field(clibpq_diag_message_detail),
            hint: field(clibpq_diag_message_hint),
            table: field(clibpq_diag_table_name),
            column: field(clibpq_diag_column_name),
            constraint: field(clibpq_diag_constraint_name)
        )
    }

    /// Whether the server could not use a prepared statement: it is gone, or its result has other columns now.
    var isStaleStatementError: Bool {
        switch field(clibpq_diag_sqlstate) {
        case SQLState.invalidSQLStatementName.rawValue: true
        // The state alone has other meanings, and the message is translated; the function's name is not.
        case SQLState.featureNotSupported.rawValue: field(clibpq_diag_source_function) == "RevalidateCachedQuery"
        default: false
        }
    }

    private var ownMessage: String {
        unsafe String(cString: PQresultErrorMessage(result))
    }

    private func field(_ code: Int32) -> String? {
        unsafe PQresultErrorField(result, code).map { unsafe String(cString: $0) }
    }
}
