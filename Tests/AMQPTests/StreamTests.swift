import AMQP
import Testing

@Suite struct StreamTests {
    /// Runs `body` with a stream that holds the messages 0, 1, ... 9, and deletes it.
    private func withStream(_ body: (AMQPConnection, String) async throws -> Void) async throws {
        try await Broker.withConnection { connection in
            let channel = try await connection.openChannel()
            let stream = AMQPQueue(name: Broker.uniqueName("stream"), arguments: ["x-queue-type": "stream"])
            try await channel.declareQueue(stream)
            let outcomes = Collector<(token: Int, outcome: AMQPPublishOutcome)>()
            let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
            do {
                for number in 0..<10 {
                    publisher.publish(AMQPMessage(routingKey: stream.name, body: [UInt8(number)]), token: number)
                }
                #expect(try await outcomes.wait(for: 10).allSatisfy { $0.outcome == .confirmed })
                try await body(connection, stream.name)
            } catch {
                try await channel.deleteQueue(stream.name)
                throw error
            }
            try await channel.deleteQueue(stream.name)
        }
    }

    private func read(
        _ connection: AMQPConnection,
        _ stream: String,
        from offset: AMQPValue,
        count: Int
    ) async throws -> [AMQPDelivery] {
        let channel = try await connection.openChannel()
        try await channel.setPrefetch(100)
        let deliveries = Collector<AMQPDelivery>()
        _ = try await channel.consume(
            queue: stream,
            arguments: ["x-stream-offset": offset],
            onDeliveries: { batch in
                deliveries.append(batch)
                if let last = batch.last { channel.acknowledge(last.deliveryTag, multiple: true) }
            }
        )
        let read = try await deliveries.wait(for: count)
        await channel.close()
        return read
    }

    @Test func `A stream is read from its beginning, as often as wanted`() async throws {
        try await withStream { connection, stream in
            for _ in 0..<2 {
                let read = try await read(connection, stream, from: "first", count: 10)
                #expect(read.map(\.body) == (0..<10).map { [UInt8($0)] })
                #expect(read.compactMap { $0.properties.headers["x-stream-offset"]?.integerValue } == Array(0..<10))
            }
        }
    }

    @Test func `A stream is read from an offset`() async throws {
        try await withStream { connection, stream in
            let read = try await read(connection, stream, from: 7, count: 3)
            #expect(read.map(\.body) == [[7], [8], [9]])
        }
    }

    @Test func `A stream is read from a time`() async throws {
        try await withStream { connection, stream in
            let read = try await read(connection, stream, from: .timestamp(1_000_000_000), count: 10)
            #expect(read.map(\.body) == (0..<10).map { [UInt8($0)] })
        }
    }
}
