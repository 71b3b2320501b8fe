import AMQP
import Testing

@Suite struct MessageTests {
    /// Publishes to a queue of its own and returns what arrives.
    private func roundTrip(_ messages: [AMQPMessage]) async throws -> [AMQPDelivery] {
        let deliveries = Collector<AMQPDelivery>()
        try await Broker.withChannel { channel in
            let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
            _ = try await channel.consume(queue: queue, noAcknowledge: true, onDeliveries: deliveries.append)
            channel.publish(
                messages.map { message in
                    var message = message
                    message.routingKey = queue
                    return message
                }
            )
            _ = try await deliveries.wait(for: messages.count)
        }
        return deliveries.elements
    }

    @Test func `All properties and headers survive`() async throws {
        let properties = AMQPProperties(
            contentType: "application/json",
            contentEncoding: "identity",
            deliveryMode: .persistent,
            priority: 3,
            correlationID: "correlation-ä",
            replyTo: "reply-日本",
            expiration: 60_000,
            messageID: "018f-🎥",
            timestamp: 1_700_000_000,
            type: "needrecord.test",
            userID: try Broker.configuration().user,
            appID: "amqp-tests",
            headers: [
                "text": "ünïcödé 🎬", "empty": "", "yes": true, "no": false, "int32": .int32(-5),
                "int64": .int64(.min), "double": 2.5, "bytes": .bytes([0, 255, 1]), "time": .timestamp(1_700_000_001),
                "list": [1, "two", [true]], "table": ["nested": ["deep": 1]], "nothing": .void,
                "long": .string(String(repeating: "z", count: 5_000)),
            ]
        )
        let message = AMQPMessage(routingKey: "", properties: properties, body: Array("{\"é\":1}".utf8))
        let delivery = try await roundTrip([message])[0]
        #expect(delivery.properties == properties)
        #expect(delivery.body == message.body)
        #expect(!delivery.redelivered)
    }

    @Test func `No property is made up`() async throws {
        let delivery = try await roundTrip([AMQPMessage(routingKey: "", body: [])])[0]
        #expect(delivery.properties == AMQPProperties())
        #expect(delivery.body == [])
    }

    @Test func `Repeated texts change when the message's do`() async throws {
        let types = ["a", "a", "b", "", "b", "a"]
        let messages = types.map { AMQPMessage(routingKey: "", properties: AMQPProperties(type: $0), body: [1]) }
        #expect(try await roundTrip(messages).map(\.properties.type) == types)
    }

    @Test func `A body of many frames, one of exactly one frame, and one of a byte more arrive whole`() async throws {
        let sizes = [1_000_000, 131_072 - 8, 131_072 - 7, 1]
        let bodies = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }
        let delivered = try await roundTrip(bodies.map { AMQPMessage(routingKey: "", body: $0) })
        #expect(delivered.map(\.body) == bodies)
    }

    @Test func `A body beyond the limit ends the connection and not the process`() async throws {
        let connection = try await Broker.connect { $0.bodyMax = 1_000 }
        let channel = try await connection.openChannel()
        let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
        let cancelled = Collector<Bool>()
        let deliveries = Collector<AMQPDelivery>()
        _ = try await channel.consume(
            queue: queue,
            noAcknowledge: true,
            onDeliveries: deliveries.append,
            onCancelled: { cancelled.append(true) }
        )
        channel.publish(AMQPMessage(routingKey: queue, body: [UInt8](repeating: 1, count: 1_000)))
        channel.publish(AMQPMessage(routingKey: queue, body: [UInt8](repeating: 2, count: 1_001)))
        #expect(await connection.closed().code == .protocolViolation)
        #expect(try await deliveries.wait(for: 1).map(\.body.count) == [1_000])
        #expect(try await cancelled.wait(for: 1).count == 1)
    }

    @Test func `An expired message is gone`() async throws {
        try await Broker.withChannel { channel in
            let queue = AMQPQueue(name: Broker.uniqueName("ttl"), durable: false, exclusive: true)
            try await channel.declareQueue(queue)
            let properties = AMQPProperties(expiration: 1)
            let outcomes = Collector<AMQPPublishOutcome>()
            let publisher: AMQPPublisher<Int> = try await channel.makePublisher { outcomes.append($0.map(\.outcome)) }
            publisher.publish(AMQPMessage(routingKey: queue.name, properties: properties, body: [1]), token: 1)
            #expect(try await outcomes.wait(for: 1) == [.confirmed])
            try await eventually("the message to expire") {
                try await channel.declareQueue(queue, passive: true).messageCount == 0
            }
            // It is not only late: nothing is delivered after it but the next one.
            let deliveries = Collector<AMQPDelivery>()
            _ = try await channel.consume(queue: queue.name, noAcknowledge: true, onDeliveries: deliveries.append)
            channel.publish(AMQPMessage(routingKey: queue.name, body: [2]))
            #expect(try await deliveries.wait(for: 1).map(\.body) == [[2]])
        }
    }
}
