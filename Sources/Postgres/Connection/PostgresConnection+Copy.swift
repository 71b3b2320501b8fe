extension PostgresConnection {
    /// Writes rows with COPY, in one statement: all are written or none.
    ///
    /// - Parameters:
    ///   - table: The table, for example `PostgresIdentifier(schema: "audit", "outcomes")`.
    ///   - columns: The columns in the order of each row's values.
    ///   - rows: The values in text form, nil for NULL. All rows are encoded before the first is sent, by the calling
    ///     task and in its memory.
    ///   - timeout: The time for the whole call; nil for ``PostgresConfiguration/statementTimeout``.
    /// - Returns: The number of rows written.
    /// - Throws: As ``query(_:timeout:)``; ``PostgresError/Code/encodingFailed`` for a row with another number of
    ///   values than there are columns.
    @discardableResult
    public nonisolated func copyIn(
        _ table: PostgresIdentifier,
        columns: [String],
        rows: some Sequence<[String?]>,
        timeout: Duration? = nil
    ) async throws(PostgresError) -> Int {
        var data = PostgresCopyData(columnCount: columns.count)
        for row in rows { data.append(row: row) }
        return try await copyIn(table, columns: columns, data, timeout: timeout)
    }

    /// Writes rows that were encoded already. See ``copyIn(_:columns:rows:timeout:)``.
    @discardableResult
    public func copyIn(
        _ table: PostgresIdentifier,
        columns: [String],
        _ data: PostgresCopyData,
        timeout: Duration? = nil
    ) async throws(PostgresError) -> Int {
        guard data.columnCount == columns.count, !data.hasWrongColumnCount else {
            throw PostgresError(.encodingFailed, message: "a row does not have \(columns.count) values")
        }
        guard !data.hasZeroByte else {
            throw PostgresError(.encodingFailed, message: "a value has a NUL byte in it")
        }
        guard data.rowCount > 0 else { return 0 }
        let names = columns.map { PostgresIdentifier($0).quoted }.joined(separator: ", ")
        let results = try await submit(
            .copy("COPY \(table.quoted) (\(names)) FROM STDIN", data.chunks),
            timeout: timeout ?? configuration.statementTimeout
        ).get()
        return results.first?.affectedRows ?? 0
    }
}
