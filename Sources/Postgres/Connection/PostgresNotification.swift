/// What somebody sent with NOTIFY.
public struct PostgresNotification: Sendable, Hashable {
    /// The channel it was sent to.
    public let channel: String
    /// Its payload; empty if it has none.
    public let payload: String
    /// The server process of the session that sent it.
    public let processID: Int32
}
