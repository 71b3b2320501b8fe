import AMQP
import NIOConcurrencyHelpers
import Testing

@Suite struct ConsumerTests {
    private func exclusiveQueue(_ channel: AMQPChannel) async throws -> String {
        try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
    }

    @Test func `Deliveries come in order, bounded by the prefetch, and one acknowledgement settles many`() async throws
    {
        try await Broker.withChannel { channel in
            let queue = try await exclusiveQueue(channel)
            channel.publish((0..<250).map { AMQPMessage(routingKey: queue, body: [UInt8($0)]) })
            try await channel.setPrefetch(100)
            let deliveries = Collector<AMQPDelivery>()
            let unacknowledged = NIOLockedValueBox((now: 0, most: 0))
            _ = try await channel.consume(
                queue: queue,
                onDeliveries: { batch in
                    deliveries.append(batch)
                    unacknowledged.withLockedValue {
                        $0.now += batch.count
                        $0.most = max($0.most, $0.now)
                    }
                    if let last = batch.last {
                        unacknowledged.withLockedValue { $0.now -= batch.count }
                        channel.acknowledge(last.deliveryTag, multiple: true)
                    }
                }
            )
            let all = try await deliveries.wait(for: 250)
            #expect(all.map(\.body) == (0..<250).map { [UInt8($0)] })
            #expect(all.map(\.deliveryTag) == Array(1...250))
            #expect(unacknowledged.withLockedValue { $0.most } <= 100)
            #expect(deliveries.batchCount < 250)
            #expect(try await channel.declareQueue(AMQPQueue(name: queue), passive: true).messageCount == 0)
        }
    }

    @Test func `What was not acknowledged comes again when the channel closes`() async throws {
        try await Broker.withConnection { connection in
            let first = try await connection.openChannel()
            let queue = try await exclusiveQueue(first)
            let before = Collector<AMQPDelivery>()
            let cancelled = Collector<Bool>()
            _ = try await first.consume(
                queue: queue,
                onDeliveries: before.append,
                onCancelled: { cancelled.append(true) }
            )
            first.publish([AMQPMessage(routingKey: queue, body: [1]), AMQPMessage(routingKey: queue, body: [2])])
            let tags = try await before.wait(for: 2).map(\.deliveryTag)
            first.acknowledge(tags[0])
            await first.close()
            #expect(try await cancelled.wait(for: 1).count == 1)

            let second = try await connection.openChannel()
            let after = Collector<AMQPDelivery>()
            _ = try await second.consume(queue: queue, noAcknowledge: true, onDeliveries: after.append)
            let again = try await after.wait(for: 1)[0]
            #expect(again.body == [2])
            #expect(again.redelivered)
        }
    }

    @Test func `A rejected message comes again, or not`() async throws {
        try await Broker.withChannel { channel in
            let queue = try await exclusiveQueue(channel)
            let deliveries = Collector<AMQPDelivery>()
            _ = try await channel.consume(queue: queue, onDeliveries: deliveries.append)
            channel.publish(AMQPMessage(routingKey: queue, body: [1]))
            channel.reject(try await deliveries.wait(for: 1)[0].deliveryTag, requeue: true)
            let second = try await deliveries.wait(for: 2)[1]
            #expect(second.redelivered && second.body == [1])
            channel.reject(second.deliveryTag, requeue: false)
            channel.publish(AMQPMessage(routingKey: queue, body: [2]))
            #expect(try await deliveries.wait(for: 3)[2].body == [2])
        }
    }

    @Test func `A deleted queue cancels its consumer`() async throws {
        try await Broker.withConnection { connection in
            let channel = try await connection.openChannel()
            let queue = try await exclusiveQueue(channel)
            let cancelled = Collector<Bool>()
            let consumer = try await channel.consume(
                queue: queue,
                onDeliveries: { _ in },
                onCancelled: { cancelled.append(true) }
            )
            try await connection.openChannel().deleteQueue(queue)
            _ = try await cancelled.wait(for: 1)
            try await consumer.cancel()
            #expect(channel.endError == nil)
            await connection.close()
            #expect(cancelled.elements.count == 1)
        }
    }

    @Test func `A cancelled consumer gets nothing more and is not told`() async throws {
        try await Broker.withChannel { channel in
            let queue = try await exclusiveQueue(channel)
            let deliveries = Collector<AMQPDelivery>()
            let cancelled = Collector<Bool>()
            let consumer = try await channel.consume(
                queue: queue,
                onDeliveries: deliveries.append,
                onCancelled: { cancelled.append(true) }
            )
            channel.publish(AMQPMessage(routingKey: queue, body: [1]))
            let first = try await deliveries.wait(for: 1)[0]
            try await consumer.cancel()
            channel.acknowledge(first.deliveryTag)
            channel.publish(AMQPMessage(routingKey: queue, body: [2]))
            #expect(try await channel.purge(queue: queue) == 1)
            #expect(deliveries.elements.count == 1)
            #expect(cancelled.elements.isEmpty)
        }
    }

    @Test func `A consumer tag is used once, and a queue must exist`() async throws {
        try await Broker.withConnection { connection in
            let channel = try await connection.openChannel()
            let queue = try await exclusiveQueue(channel)
            let consumer = try await channel.consume(queue: queue, consumerTag: "one", onDeliveries: { _ in })
            #expect(consumer.consumerTag == "one")
            let taken = try await amqpError {
                _ = try await channel.consume(queue: queue, consumerTag: "one", onDeliveries: { _ in })
            }
            #expect(taken.code == .invalidArgument)
            #expect(channel.endError == nil)
            let missing = try await amqpError {
                _ = try await channel.consume(queue: Broker.uniqueName("missing"), onDeliveries: { _ in })
            }
            #expect(missing.code == .notFound)
        }
    }

    @Test func `An exclusive consumer keeps others out`() async throws {
        try await Broker.withConnection { connection in
            let channel = try await connection.openChannel()
            let queue = try await exclusiveQueue(channel)
            _ = try await channel.consume(queue: queue, exclusive: true, onDeliveries: { _ in })
            let other = try await connection.openChannel()
            let error = try await amqpError { _ = try await other.consume(queue: queue, onDeliveries: { _ in }) }
            #expect(error.code == .accessRefused)
        }
    }

    @Test func `An unknown delivery tag closes the channel with a 406`() async throws {
        try await Broker.withChannel { channel in
            let ends = Collector<AMQPError>()
            channel.setCloseHandler(ends.append)
            channel.acknowledge(4711)
            let error = try await ends.wait(for: 1)[0]
            #expect(error.code == .preconditionFailed)
            #expect(error.message.contains("4711"))
        }
    }

    @Test func `Deliveries and their acknowledgements flow while another channel declares`() async throws {
        try await Broker.withConnection { connection in
            let channel = try await connection.openChannel()
            let queue = try await exclusiveQueue(channel)
            let deliveries = Collector<AMQPDelivery>()
            _ = try await channel.consume(
                queue: queue,
                onDeliveries: { batch in
                    deliveries.append(batch)
                    for delivery in batch { channel.acknowledge(delivery.deliveryTag) }
                }
            )
            let other = try await connection.openChannel()
            for number in 0..<50 {
                // Both messages of a pair are in one segment, and come while the library waits for declare-ok.
                channel.publish([
                    AMQPMessage(routingKey: queue, body: [UInt8(number), 0]),
                    AMQPMessage(routingKey: queue, body: [UInt8(number), 1]),
                ])
                try await other.declareQueue(AMQPQueue(name: queue), passive: true)
            }
            let bodies = try await deliveries.wait(for: 100).map(\.body)
            #expect(bodies == (0..<50).flatMap { [[UInt8($0), 0], [UInt8($0), 1]] })
        }
    }
}
