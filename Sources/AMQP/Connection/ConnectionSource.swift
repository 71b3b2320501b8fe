internal import EventThread

/// What the thread services for a connection; keeps ``EventSource`` out of the actor's public interface.
final class ConnectionSource: EventSource {
    private weak let connection: AMQPConnection?

    init(_ connection: AMQPConnection) {
        self.connection = connection
    }

    func service() -> EventInterest {
        guard let connection else { return .none }
        return connection.assumeIsolated { $0.turn() }
    }
}
