import AMQP
import DecisionCore
import Testing
import Wire

@Suite struct DeadLetterTests {
    private static let delivery = AMQPDelivery(
        consumerTag: "c",
        deliveryTag: 7,
        redelivered: true,
        exchange: "blue",
        routingKey: "callback.on_demand",
        properties: AMQPProperties(
            contentType: "text/plain",
            deliveryMode: .transient,
            correlationID: "correlation",
            replyTo: "blue.replies.a",
            expiration: 4_000,
            messageID: "message",
            timestamp: 1_700_000_000,
            type: "callback.on_demand",
            userID: "somebody",
            appID: "gateway-1",
            headers: ["deadline": 5, "own": "kept"]
        ),
        body: [0xFF, 0x00, 0x7B]
    )

    private static let letter = DeadLetter.message(
        for: delivery,
        reason: WireError(.unknownSchema, "2"),
        topology: Topology(namespace: "blue"),
        sender: "worker-1"
    )

    @Test func `A letter goes to the dead queue, and comes back when there is none`() {
        #expect(Self.letter.exchange == "")
        #expect(Self.letter.routingKey == "blue.dead")
        #expect(Self.letter.mandatory)
    }

    @Test func `The message is kept as it came`() {
        #expect(Self.letter.body == Self.delivery.body)
        var expected = Self.delivery.properties
        expected.deliveryMode = .persistent
        expected.expiration = nil
        expected.userID = nil
        expected.headers = Self.letter.properties.headers
        #expect(Self.letter.properties == expected)
    }

    @Test func `The headers say why, whence and by whom, and keep what was there`() {
        #expect(
            Self.letter.properties.headers == [
                "deadline": 5, "own": "kept", "reason": "unknown_schema: 2", "origin-exchange": "blue",
                "origin-routing-key": "callback.on_demand", "rejected-by": "worker-1",
            ]
        )
        #expect(DeadLetter.reasonHeader == "reason")
    }
}
