/// Names the transactions that the current task is in, so that its calls, and those of its child tasks, get through to
/// the connection that the transaction keeps for itself.
struct TransactionToken: Sendable {
    @TaskLocal static var all: [TransactionToken] = []

    /// Kept alive, so that no later connection is taken for it.
    let connection: PostgresConnection
    let transaction: UInt64

    static func current(of connection: PostgresConnection) -> UInt64? {
        all.last { $0.connection === connection }?.transaction
    }
}
