public import AMQP

/// A message that cannot be understood, kept with the reason instead of being guessed at or dropped.
public struct DeadLetter: Sendable {
    /// The header with the reason.
    public static let reasonHeader = "reason"

    /// The message that puts `delivery` into the dead queue, as it came and with the reason.
    ///
    /// Persistent, and without its expiration: it waits for a person.
    public static func message(
        for delivery: AMQPDelivery,
        reason: WireError,
        topology: Topology,
        sender: String
    ) -> AMQPMessage {
        var properties = delivery.properties
        properties.deliveryMode = .persistent
        properties.expiration = nil
        // The broker checks this one against the login, and the letter's writer is not the message's.
        properties.userID = nil
        // The broker would route by these once more.
        properties.headers["CC"] = nil
        properties.headers["BCC"] = nil
        properties.headers[reasonHeader] = .string(reason.description)
        properties.headers["origin-exchange"] = .string(delivery.exchange)
        properties.headers["origin-routing-key"] = .string(delivery.routingKey)
        properties.headers["rejected-by"] = .string(sender)
        return AMQPMessage(
            routingKey: topology.deadQueue,
            mandatory: true,
            properties: properties,
            body: delivery.body
        )
    }
}
