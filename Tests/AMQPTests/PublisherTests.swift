import AMQP
import NIOConcurrencyHelpers
import Testing

@Suite struct PublisherTests {
    private typealias Outcomes = Collector<(token: Int, outcome: AMQPPublishOutcome)>

    @Test func `A message is confirmed and arrives`() async throws {
        try await Broker.withChannel { channel in
            let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
            let outcomes = Outcomes()
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            publisher.publish(AMQPMessage(routingKey: queue, body: [1]), token: 7)
            let outcome = try await outcomes.wait(for: 1)[0]
            #expect(outcome == (7, .confirmed))
            #expect(publisher.unconfirmedCount == 0)
            #expect(try await channel.purge(queue: queue) == 1)
        }
    }

    @Test func `A thousand messages of many tasks are all confirmed once, in batches`() async throws {
        try await Broker.withChannel { channel in
            let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
            let outcomes = Outcomes()
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            await withTaskGroup { group in
                for token in 0..<1_000 {
                    group.addTask { publisher.publish(AMQPMessage(routingKey: queue, body: [1]), token: token) }
                }
            }
            let settled = try await outcomes.wait(for: 1_000)
            #expect(Set(settled.map(\.token)) == Set(0..<1_000))
            #expect(settled.count == 1_000)
            #expect(settled.allSatisfy { $0.outcome == .confirmed })
            #expect(outcomes.batchCount < 1_000)
            #expect(try await channel.purge(queue: queue) == 1_000)
        }
    }

    @Test func `A mandatory message that nobody takes is returned, and its confirm is not reported`() async throws {
        try await Broker.withChannel { channel in
            let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
            let outcomes = Outcomes()
            let returns = Collector<AMQPReturn>()
            channel.setReturnHandler(returns.append)
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            func message(_ id: String?, to queue: String) -> AMQPMessage {
                AMQPMessage(
                    routingKey: queue,
                    mandatory: true,
                    properties: AMQPProperties(messageID: id),
                    body: [1]
                )
            }
            publisher.publish([
                (message("a", to: queue), 1), (message("b", to: "nowhere"), 2), (message("c", to: queue), 3),
                (message(nil, to: queue), 4),
            ])
            let settled = try await outcomes.wait(for: 4)
            let byToken = Dictionary(uniqueKeysWithValues: settled.map { ($0.token, $0.outcome) })
            #expect(byToken[1] == .confirmed)
            #expect(byToken[2] == .returned(replyCode: 312, replyText: "NO_ROUTE"))
            #expect(byToken[3] == .confirmed)
            guard case .failed(let error) = byToken[4] else {
                Issue.record("a mandatory message without an ID was \(String(describing: byToken[4]))")
                return
            }
            #expect(error.code == .invalidArgument)
            // Not the publisher's, so the channel's handler gets it.
            channel.publish(message("d", to: "nowhere"))
            #expect(try await returns.wait(for: 1).map(\.properties.messageID) == ["d"])
            publisher.publish(message("e", to: queue), token: 5)
            #expect(try await outcomes.wait(for: 5).last?.outcome == .confirmed)
            #expect(outcomes.elements.count == 5)
        }
    }

    @Test func `A full queue that rejects gives a negative acknowledgement`() async throws {
        try await Broker.withChannel { channel in
            let queue = AMQPQueue(
                name: Broker.uniqueName("full"),
                durable: false,
                exclusive: true,
                arguments: ["x-max-length": 1, "x-overflow": "reject-publish"]
            )
            try await channel.declareQueue(queue)
            let outcomes = Outcomes()
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            for token in 0..<10 { publisher.publish(AMQPMessage(routingKey: queue.name, body: [1]), token: token) }
            let settled = try await outcomes.wait(for: 10)
            #expect(settled.contains { $0.outcome == .confirmed })
            #expect(settled.contains { $0.outcome == .negativelyAcknowledged })
            #expect(Set(settled.map(\.token)) == Set(0..<10))
        }
    }

    @Test func `An exchange that does not exist fails the channel's messages with a 404`() async throws {
        try await Broker.withConnection { connection in
            let channel = try await connection.openChannel()
            let healthy = try await connection.openChannel()
            let ends = Collector<AMQPError>()
            channel.setCloseHandler(ends.append)
            let outcomes = Outcomes()
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            publisher.publish(AMQPMessage(exchange: "nowhere", routingKey: "", body: [1]), token: 1)
            guard case .failed(let error) = try await outcomes.wait(for: 1)[0].outcome else {
                Issue.record("the message did not fail")
                return
            }
            #expect(error.code == .notFound)
            #expect(error.replyCode == 404)
            #expect(error.message.contains("nowhere"))
            #expect(try await ends.wait(for: 1) == [error])

            publisher.publish(AMQPMessage(routingKey: "", body: [1]), token: 2)
            guard case .failed(let late) = try await outcomes.wait(for: 2)[1].outcome else {
                Issue.record("the late message did not fail")
                return
            }
            #expect(late.code == .channelClosed)
            try await healthy.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true))
        }
    }

    @Test func `After the end every message fails as not connected`() async throws {
        let connection = try await Broker.connect()
        let channel = try await connection.openChannel()
        let outcomes = Outcomes()
        let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
        await connection.close()
        publisher.publish(AMQPMessage(routingKey: "q", body: []), token: 1)
        guard case .failed(let error) = try await outcomes.wait(for: 1)[0].outcome else {
            Issue.record("the message did not fail")
            return
        }
        #expect(error.code == .notConnected)
        channel.publish(AMQPMessage(routingKey: "q", body: []))
        channel.acknowledge(1)
    }

    @Test func `What is published as the connection ends fails, though nobody holds the connection any more`()
        async throws
    {
        let outcomes = Outcomes()
        let last = NIOLockedValueBox<AMQPPublisher<Int>?>(nil)
        let closing = NIOLockedValueBox<AMQPConnection?>(nil)
        let message = AMQPMessage(exchange: "amq.fanout", routingKey: "", body: [1])
        func publishAndDrop() async throws {
            let connection = try await Broker.connect()
            let channel = try await connection.openChannel()
            let publisher = try await channel.makePublisher { (settled: [(token: Int, outcome: AMQPPublishOutcome)]) in
                outcomes.append(settled)
                // All on the connection's thread, which takes what is queued here in one go.
                for (token, _) in settled {
                    if token == 0 {
                        last.withLockedValue { $0 }?.publish(message, token: 1)
                        closing.withLockedValue { $0.take() }?.requestClose()
                    } else if token == 1 {
                        // The last to hold it.
                        last.withLockedValue { $0.take() }?.publish(message, token: 2)
                    }
                }
            }
            last.withLockedValue { $0 = publisher }
            closing.withLockedValue { $0 = connection }
            publisher.publish(message, token: 0)
        }
        try await publishAndDrop()
        let settled = try await outcomes.wait(for: 3)
        #expect(settled.map(\.token) == [0, 1, 2])
        #expect(settled[2].outcome != .confirmed)
    }

    @Test func `Closing settles all that was published before`() async throws {
        try await Broker.withChannel { keeper in
            let queue = Broker.uniqueName("closing")
            try await keeper.declareQueue(AMQPQueue(name: queue, durable: false, autoDelete: true))
            let connection = try await Broker.connect()
            let channel = try await connection.openChannel()
            let outcomes = Outcomes()
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            for token in 0..<500 { publisher.publish(AMQPMessage(routingKey: queue, body: [1]), token: token) }
            await connection.close()
            #expect(outcomes.elements.count == 500)
            #expect(publisher.unconfirmedCount == 0)
            #expect(try await keeper.deleteQueue(queue) == 500)
        }
    }

    @Test func `A channel has one publisher`() async throws {
        try await Broker.withChannel { channel in
            let first = try await channel.makePublisher(onOutcomes: Outcomes().append)
            let error = try await amqpError { _ = try await channel.makePublisher(onOutcomes: Outcomes().append) }
            #expect(error.code == .invalidArgument)
            #expect(first.unconfirmedCount == 0)
        }
    }

    @Test func `A message that cannot be sent fails alone`() async throws {
        try await Broker.withChannel { channel in
            let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
            let outcomes = Outcomes()
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            let long = String(repeating: "x", count: 256)
            let headers: AMQPTable = ["h": .string(String(repeating: "y", count: 140_000))]
            publisher.publish([
                (AMQPMessage(routingKey: long, body: [1]), 1),
                (AMQPMessage(routingKey: queue, properties: AMQPProperties(headers: headers), body: [1]), 2),
                (AMQPMessage(routingKey: queue, body: [1]), 3),
            ])
            let settled = try await outcomes.wait(for: 3)
            let byToken = Dictionary(uniqueKeysWithValues: settled.map { ($0.token, $0.outcome) })
            #expect(byToken[3] == .confirmed)
            for token in 1...2 {
                guard case .failed(let error) = byToken[token] else {
                    Issue.record("message \(token) did not fail")
                    continue
                }
                #expect(error.code == .invalidArgument)
            }
        }
    }
}
