import AMQP
import Testing

@testable import StreamReading

@Suite struct StreamInboxTests {
    private func delivery(_ tag: UInt64, bytes: Int = 0) -> AMQPDelivery {
        let body = [UInt8](repeating: 0, count: bytes)
        return AMQPDelivery(consumerTag: "c", deliveryTag: tag, exchange: "", routingKey: "", body: body)
    }

    @Test func `Everything that is there is taken at once, in its order`() async throws {
        let inbox = StreamInbox()
        #expect(!inbox.hasReceived)
        inbox.put([delivery(1), delivery(2)])
        inbox.put([delivery(3)])
        #expect(inbox.hasReceived)
        #expect(try await inbox.take()?.map(\.deliveryTag) == [1, 2, 3])
        inbox.put([delivery(4)])
        #expect(try await inbox.take()?.map(\.deliveryTag) == [4])
    }

    @Test func `Who waits gets what comes next`() async throws {
        let inbox = StreamInbox()
        async let taken = inbox.take()
        inbox.put([delivery(1)])
        #expect(try await taken?.map(\.deliveryTag) == [1])
    }

    @Test func `No more bytes are taken than are asked for, but a message at least`() async throws {
        let inbox = StreamInbox()
        inbox.put([delivery(1, bytes: 4), delivery(2, bytes: 6), delivery(3, bytes: 1), delivery(4, bytes: 11)])
        #expect(try await inbox.take(maximumBytes: 10)?.map(\.deliveryTag) == [1, 2])
        #expect(try await inbox.take(maximumBytes: 10)?.map(\.deliveryTag) == [3])
        #expect(try await inbox.take(maximumBytes: 10)?.map(\.deliveryTag) == [4])
        async let taken = inbox.take(maximumBytes: 10)
        inbox.put([delivery(5, bytes: 10), delivery(6, bytes: 1)])
        #expect(try await taken?.map(\.deliveryTag) == [5])
        #expect(try await inbox.take(maximumBytes: 10)?.map(\.deliveryTag) == [6])
    }

    @Test func `After an orderly end nothing is taken any more`() async throws {
        let inbox = StreamInbox()
        async let taken = inbox.take()
        inbox.end()
        #expect(try await taken == nil)
        inbox.put([delivery(1)])
        #expect(try await inbox.take() == nil)
    }

    @Test func `The first end counts`() async throws {
        let inbox = StreamInbox()
        inbox.put([delivery(1)])
        inbox.end(StreamError(.consumerEnded, "1"))
        inbox.end(StreamError(.consumerEnded, "2"))
        inbox.end()
        await #expect(throws: StreamError(.consumerEnded, "1")) { try await inbox.take() }
    }
}
