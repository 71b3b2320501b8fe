internal import EventThread

/// What the connection's thread services: the connection, for as long as somebody else keeps it.
///
/// It has a type of its own so that neither the thread's references nor its calls are a part of the connection's API.
final class ConnectionSource: EventSource {
    private weak let connection: PostgresConnection?

    init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    func service() -> EventInterest {
        connection?.assumeIsolated { $0.serviceOnThread() } ?? .none
    }
}
