/// What any thread may see of a connection.
struct ConnectionStatus: Sendable {
    /// Why the broker reads nothing from the connection; nil while it does.
    var blockedReason: String?
    /// Why the connection has ended; nil while it has not.
    var endError: AMQPError?
}
