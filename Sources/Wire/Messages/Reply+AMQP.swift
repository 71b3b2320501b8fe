public import AMQP
public import DecisionCore

extension Reply {
    /// The message type of a reply.
    static let type = "decision"

    /// The message that carries the reply to the gateway that asked.
    ///
    /// Mandatory: a reply to a gateway that is gone comes back to the worker.
    ///
    /// - Parameters:
    ///   - queue: Where it waits.
    ///   - original: The callback that the event repeats; nil for a callback.
    public func message(to queue: String, replayOf original: EventID? = nil) -> AMQPMessage {
        AMQPMessage(
            routingKey: queue,
            mandatory: true,
            properties: AMQPProperties(
                contentType: "application/json",
                deliveryMode: .transient,
                correlationID: eventID.description,
                type: Self.type,
                appID: worker,
                headers: original.map { [ReplayMark.originalHeader: .string($0.description)] } ?? [:]
            ),
            body: encodedBody()
        )
    }
}
