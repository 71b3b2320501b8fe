import AMQP
import NIOConcurrencyHelpers
import TestSupport
import Testing
import Wire

/// What somebody else puts on the queue.
struct MalformedMessageEndToEndTests {
    @Test func `A message that is no event is kept with the reason, and the worker goes on`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            try await ProductBroker.withConnection { connection in
                let channel = try await connection.openChannel()
                let letters = NIOLockedValueBox<[AMQPDelivery]>([])
                _ = try await channel.consume(
                    queue: deployment.topology.deadQueue,
                    noAcknowledge: true,
                    onDeliveries: { deliveries in letters.withLockedValue { $0 += deliveries } }
                )
                channel.publish(
                    AMQPMessage(
                        routingKey: deployment.topology.decisionsQueue,
                        properties: AMQPProperties(
                            expiration: 4_000,
                            messageID: "from elsewhere",
                            headers: ["deadline": .int64(.max)]
                        ),
                        body: Array("not an event".utf8)
                    )
                )
                try await eventually("the letter") { letters.withLockedValue { !$0.isEmpty } }
                let letter = try #require(letters.withLockedValue { $0 }.first)
                #expect(letter.body == Array("not an event".utf8))
                #expect(letter.properties.messageID == "from elsewhere")
                #expect(letter.properties.headers["reason"]?.stringValue?.contains("reply_to") == true)
                #expect(letter.properties.expiration == nil)
            }
            #expect(try await service.ask(.example).text == DocumentedAnswer.record)
            #expect(try await service.status().counters["events.dead"] == 1)
            #expect(service.process.status == nil)
        }
    }
}
