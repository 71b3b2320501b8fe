/// Whether a session is in a transaction, as the server said after its last answer.
package enum PostgresTransactionStatus: Sendable, Equatable {
    /// Between transactions.
    case idle
    /// A statement runs.
    case active
    /// In a transaction.
    case inTransaction
    /// In a transaction that can only be rolled back.
    case failed
    /// The connection is bad.
    case unknown
}
