internal import AMQP
internal import DecisionCore

/// A channel that events are published on.
struct EventChannel: Sendable {
    /// Takes what the broker says of events; called on the connection's thread.
    typealias OutcomeHandler = @Sendable ([(token: EventID, outcome: AMQPPublishOutcome)]) -> Void
    /// Opens a channel on the same connection.
    typealias Opener = @Sendable (@escaping OutcomeHandler) async throws -> EventChannel

    let publisher: AMQPPublisher<EventID>
    /// Closes the channel alone.
    let close: @Sendable () async -> Void
}
