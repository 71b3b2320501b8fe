import AMQP
import TestSupport
import Testing

@testable import DecisionWorker

/// The inbox compares channels, so these are real ones; nothing is published on them.
@Suite(.timeLimit(.minutes(1))) struct DeliveryInboxTests {
    private static func delivery(_ tag: UInt64) -> AMQPDelivery {
        AMQPDelivery(consumerTag: "c", deliveryTag: tag, exchange: "", routingKey: "", body: [])
    }

    private static func withInbox(
        _ body: (DeliveryInbox, AMQPConnection, AMQPChannel) async throws -> Void
    ) async throws {
        try await ProductBroker.withConnection { connection in
            try await body(DeliveryInbox(), connection, try await connection.openChannel())
        }
    }

    private static func tags(_ batch: DeliveryInbox.Batch?) -> [UInt64]? {
        batch?.deliveries.map(\.deliveryTag)
    }

    @Test func `What gathers while nobody takes is one batch`() async throws {
        try await Self.withInbox { inbox, connection, channel in
            inbox.put([Self.delivery(1), Self.delivery(2)], from: channel, of: connection)
            inbox.put([Self.delivery(3)], from: channel, of: connection)
            let batch = await inbox.take()
            #expect(Self.tags(batch) == [1, 2, 3])
            #expect(batch?.channel === channel)
            #expect(batch?.connection === connection)
            inbox.put([Self.delivery(4)], from: channel, of: connection)
            #expect(Self.tags(await inbox.take()) == [4])
        }
    }

    @Test func `Whoever waits gets what comes at once`() async throws {
        try await Self.withInbox { inbox, connection, channel in
            for tag in 1...100 as ClosedRange<UInt64> {
                async let batch = inbox.take()
                inbox.put([Self.delivery(tag)], from: channel, of: connection)
                #expect(Self.tags(await batch) == [tag])
            }
        }
    }

    @Test func `Deliveries of another channel push out what was left of the one before`() async throws {
        try await Self.withInbox { inbox, connection, channel in
            let next = try await connection.openChannel()
            inbox.put([Self.delivery(1)], from: channel, of: connection)
            inbox.put([Self.delivery(1), Self.delivery(2)], from: next, of: connection)
            let batch = await inbox.take()
            #expect(Self.tags(batch) == [1, 2])
            #expect(batch?.channel === next)
        }
    }

    @Test func `A closed inbox can still be emptied, and then says that it is over`() async throws {
        try await Self.withInbox { inbox, connection, channel in
            inbox.put([Self.delivery(1)], from: channel, of: connection)
            inbox.close()
            #expect(Self.tags(await inbox.take()) == [1])
            #expect(Self.tags(await inbox.take()) == nil)
            #expect(Self.tags(await inbox.take()) == nil)
        }
    }

    @Test func `Closing tells whoever waits`() async throws {
        for turns in 0..<20 {
            let inbox = DeliveryInbox()
            async let batch = inbox.take()
            for _ in 0..<turns { await Task.yield() }
            inbox.close()
            #expect(Self.tags(await batch) == nil)
        }
    }

    @Test func `Nothing is lost or doubled between one that puts and one that takes`() async throws {
        try await Self.withInbox { inbox, connection, channel in
            let count: UInt64 = 5_000
            async let taken = Self.takeAll(from: inbox)
            for tag in 1...count {
                inbox.put([Self.delivery(tag)], from: channel, of: connection)
            }
            inbox.close()
            let batches = await taken
            #expect(batches.flatMap { $0 } == Array(1...count))
        }
    }

    private static func takeAll(from inbox: DeliveryInbox) async -> [[UInt64]] {
        var batches: [[UInt64]] = []
        while let batch = await inbox.take() { batches.append(batch.deliveries.map(\.deliveryTag)) }
        return batches
    }
}
