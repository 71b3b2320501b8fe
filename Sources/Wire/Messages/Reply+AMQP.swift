public import AMQP
internal import DecisionCore

extension Reply {
    /// The message type of a reply.
    static let type = "decision"

    /// The message that carries the reply to the gateway that asked.
    ///
    /// Mandatory: a reply to a gateway that is gone comes back to the worker.
    public func message(to queue: String) -> AMQPMessage {
        AMQPMessage(
            routingKey: queue,
            mandatory: true,
            properties: AMQPProperties(
                contentType: "application/json",
                deliveryMode: .transient,
                correlationID: eventID.description,
                type: Self.type,
                appID: worker
            ),
            body: encodedBody()
        )
    }
}
