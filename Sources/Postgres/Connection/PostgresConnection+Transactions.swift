extension PostgresConnection {
    /// Runs `body` in a transaction: BEGIN before it, COMMIT after it, ROLLBACK if it throws.
    ///
    /// The connection belongs to the transaction for its whole length. Calls that `body` makes, in child tasks too, are
    /// a part of it; those of other tasks wait until it is over. When the rollback fails the connection is dropped.
    ///
    /// - Parameter timeout: The time to get the connection, and for BEGIN and COMMIT each; nil for
    ///   ``PostgresConfiguration/statementTimeout``. The body is limited by its own calls' timeouts and by
    ///   ``PostgresConfiguration/idleInTransactionTimeout``.
    /// - Throws: What `body` throws; ``PostgresError/Code/nestedTransaction``;
    ///   ``PostgresError/Code/transactionRolledBack`` when `body` swallowed a statement's error; what BEGIN and COMMIT
    ///   throw. After ``PostgresError/Code/connectionLost`` and ``PostgresError/Code/timedOut`` in COMMIT nobody knows
    ///   whether it took effect.
    public nonisolated func withTransaction<Value>(
        isolation: PostgresIsolation = .readCommitted,
        accessMode: PostgresAccessMode = .readWrite,
        timeout: Duration? = nil,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let token = try await reserve(timeout: timeout)
        do {
            let value = try await TransactionToken.$all.withValue(TransactionToken.all + [token]) {
                try await begin(isolation, accessMode, timeout: timeout)
                let value: Value
                do {
                    value = try await body(self)
                } catch {
                    await rollBack(timeout: timeout)
                    throw error
                }
                try await commit(timeout: timeout)
                return value
            }
            await end(token)
            return value
        } catch {
            await end(token)
            throw error
        }
    }

    private func reserve(timeout: Duration?) async throws(PostgresError) -> TransactionToken {
        // A task that has outlived its transaction is in none.
        if let current = TransactionToken.current(of: self), current == turns.transaction {
            throw PostgresError(.nestedTransaction, message: "this task is in a transaction of this connection")
        }
        let transaction = makeID()
        let reply = await submit(
            .reserve(transaction: transaction),
            timeout: timeout ?? configuration.statementTimeout
        )
        _ = try reply.get()
        return TransactionToken(connection: self, transaction: transaction)
    }

    private func begin(
        _ isolation: PostgresIsolation,
        _ accessMode: PostgresAccessMode,
        timeout: Duration?
    ) async throws(PostgresError) {
        // A raw BEGIN by an earlier call would make this a transaction in which somebody else's work is committed.
        guard !inTransaction else {
            throw PostgresError(.nestedTransaction, message: "the session is in a transaction already")
        }
        do {
            let sql = "BEGIN ISOLATION LEVEL \(isolation.rawValue) \(accessMode.rawValue)"
            try await control(sql, timeout: timeout, isShielded: false)
        } catch {
            if error.code == .cancelled { await rollBack(timeout: timeout) }
            throw error
        }
    }

    private func commit(timeout: Duration?) async throws(PostgresError) {
        let tag = try await control("COMMIT", timeout: timeout, isShielded: true)
        guard tag == "COMMIT" else {
            throw PostgresError(.transactionRolledBack, message: "a statement in the transaction had failed")
        }
    }

    private func rollBack(timeout: Duration?) async {
        do {
            try await control("ROLLBACK", timeout: timeout, isShielded: true)
        } catch {
            fail(error.with(.connectionLost))
        }
    }

    private func end(_ token: TransactionToken) {
        turns.close(transaction: token.transaction)
    }

    @discardableResult
    private func control(
        _ sql: String,
        timeout: Duration?,
        isShielded: Bool
    ) async throws(PostgresError) -> String {
        let results = try await run(
            [PostgresQuery(sql: sql, isPrepared: false)],
            timeout: timeout ?? configuration.statementTimeout,
            isShielded: isShielded
        )
        return results.first?.commandTag ?? ""
    }
}
