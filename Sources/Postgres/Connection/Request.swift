/// A call on a connection, waiting for its turn or having it.
struct Request: Sendable {
    enum Kind: Sendable {
        case pipeline([PostgresQuery])
        case simple(String)
        /// The COPY statement, and its data in pieces.
        case copy(String, [[UInt8]])
        /// Nothing for the server: from its turn on the connection belongs to this transaction.
        case reserve(transaction: UInt64)
    }

    let kind: Kind
    /// The transaction that the call was made in.
    let owner: UInt64?
    /// When the caller gives up; nil for never.
    let deadline: ContinuousClock.Instant?
}
