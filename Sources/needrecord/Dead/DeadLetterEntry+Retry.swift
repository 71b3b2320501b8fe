import AMQP
import DecisionCore
import Wire

extension DeadLetterEntry {
    /// Why a letter cannot be sent to where it came from.
    struct Refusal: Error, Equatable {
        let reason: String
    }

    /// The message as it was before it was put into the dead queue.
    ///
    /// - Parameters:
    ///   - now: The civil clock.
    ///   - isForced: Whether to ask a question again that nobody waits for any more.
    func retry(now: Timestamp, isForced: Bool) throws(Refusal) -> AMQPMessage {
        guard let exchange = originExchange, let routingKey = originRoutingKey else {
            throw Refusal(reason: "it does not say where it came from")
        }
        if isOnDemand, !isForced {
            guard let deadline else { throw Refusal(reason: "it has no deadline, so nobody waits for the reply") }
            guard deadline > now else { throw Refusal(reason: "its callback was answered without it by \(deadline)") }
        }
        var properties = delivery.properties
        let added: Set = [
            DeadLetter.reasonHeader, "origin-exchange", "origin-routing-key", "rejected-by", "x-stream-offset",
        ]
        properties.headers.entries.removeAll { added.contains($0.key) || Self.isOfBroker($0.key) }
        // A mandatory message needs one, to be told from others that come back.
        if properties.messageID == nil { properties.messageID = id }
        return AMQPMessage(
            exchange: exchange,
            routingKey: routingKey,
            mandatory: true,
            properties: properties,
            body: delivery.body
        )
    }
}
