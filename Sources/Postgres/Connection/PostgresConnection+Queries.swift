extension PostgresConnection {
    /// Runs one statement and returns its rows. The SQL is prepared the first time, in the same round trip.
    ///
    /// A statement that the server has no longer prepared, or whose table has changed, is prepared again and repeated,
    /// unless a transaction is open: then its failure has ended that.
    ///
    /// - Parameter timeout: The time for the whole call; nil for ``PostgresConfiguration/statementTimeout``.
    /// - Throws: ``PostgresError/Code/server`` with the SQLSTATE (57014 when the timeout passed),
    ///   ``PostgresError/Code/timedOut``, ``PostgresError/Code/cancelled``, ``PostgresError/Code/encodingFailed``,
    ///   ``PostgresError/Code/connectionLost`` or ``PostgresError/Code/connectionClosed``.
    public func query(
        _ query: PostgresQuery,
        timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresRows {
        let results = try await run([query], timeout: timeout ?? configuration.statementTimeout)
        guard let rows = results.first else {
            throw PostgresError(.protocolViolation, message: "a statement without a result")
        }
        return rows
    }

    /// Runs one statement and returns how many rows it inserted, changed, deleted or selected.
    ///
    /// - Throws: As ``query(_:timeout:)``.
    @discardableResult
    public func execute(_ query: PostgresQuery, timeout: Duration? = nil) async throws(PostgresError) -> Int {
        try await self.query(query, timeout: timeout).affectedRows
    }

    /// Runs several statements in one round trip and, unless a transaction is open, as one transaction: all take
    /// effect or none.
    ///
    /// - Parameter timeout: The time for the whole call; nil for ``PostgresConfiguration/statementTimeout``.
    /// - Returns: One result for each query, in order.
    /// - Throws: As ``query(_:timeout:)``; of several errors the first.
    public func pipeline(
        _ queries: [PostgresQuery],
        timeout: Duration? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        guard !queries.isEmpty else { return [] }
        return try await run(queries, timeout: timeout ?? configuration.statementTimeout)
    }

    /// Runs several statements in one text, without values and without results, for example a migration. Unless the
    /// text has its own transaction control it is one transaction.
    ///
    /// - Throws: As ``query(_:timeout:)``.
    public func simpleQuery(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) {
        guard !sql.utf8.contains(0) else {
            throw PostgresError(.encodingFailed, message: "the SQL has a NUL byte in it")
        }
        _ = try await submit(.simple(sql), timeout: timeout ?? configuration.statementTimeout).get()
    }

    func run(
        _ queries: [PostgresQuery],
        timeout: Duration?,
        isShielded: Bool = false
    ) async throws(PostgresError) -> [PostgresRows] {
        for query in queries { try query.validate() }
        let reply = await submit(.pipeline(queries), timeout: timeout, isShielded: isShielded)
        let results = try reply.get()
        guard results.count == queries.count else {
            throw PostgresError(.protocolViolation, message: "\(queries.count) statements, \(results.count) results")
        }
        return results.map(PostgresRows.init)
    }
}
