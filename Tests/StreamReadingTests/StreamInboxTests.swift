import AMQP
import Testing

@testable import StreamReading

@Suite struct StreamInboxTests {
    private func delivery(_ tag: UInt64) -> AMQPDelivery {
        AMQPDelivery(consumerTag: "c", deliveryTag: tag, exchange: "", routingKey: "", body: [])
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
