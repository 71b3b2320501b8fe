import Testing

@testable import AMQP

@Suite struct AMQPMessageLimitsTests {
    private let long = String(repeating: "ä", count: 128)
    private let longest = String(repeating: "x", count: 255)

    @Test func `255 bytes are enough for any text`() {
        var message = AMQPMessage(exchange: longest, routingKey: longest, body: [])
        message.properties.messageID = longest
        message.properties.headers = [longest: "value"]
        #expect(message.problem(frameMax: 131_072) == nil)
    }

    /// Each sets one of the texts among the properties.
    private static let setters: [@Sendable (inout AMQPProperties, String) -> Void] = [
        { $0.contentType = $1 }, { $0.contentEncoding = $1 }, { $0.correlationID = $1 }, { $0.replyTo = $1 },
        { $0.messageID = $1 }, { $0.type = $1 }, { $0.userID = $1 }, { $0.appID = $1 },
    ]

    @Test(arguments: setters.indices) func `256 bytes in a property cannot be sent`(index: Int) {
        var message = AMQPMessage(routingKey: "", body: [])
        Self.setters[index](&message.properties, long)
        #expect(message.problem(frameMax: 131_072)?.code == .invalidArgument)
    }

    @Test func `256 bytes in a name cannot be sent`() {
        #expect(AMQPMessage(exchange: long, routingKey: "", body: []).problem(frameMax: 131_072) != nil)
        #expect(AMQPMessage(routingKey: long, body: []).problem(frameMax: 131_072) != nil)
        var message = AMQPMessage(routingKey: "", body: [])
        message.properties.headers = ["outer": [.table(AMQPTable([.init(key: long, value: 1)]))]]
        #expect(message.problem(frameMax: 131_072)?.code == .invalidArgument)
    }

    @Test func `Headers must fit in a frame`() {
        var message = AMQPMessage(routingKey: "", body: [])
        message.properties.headers = ["x": .string(String(repeating: "y", count: 4096))]
        #expect(message.problem(frameMax: 4096)?.code == .invalidArgument)
        #expect(message.problem(frameMax: 8192) == nil)
    }

    @Test func `An expiration cannot be negative`() {
        var message = AMQPMessage(routingKey: "", body: [])
        message.properties.expiration = -1
        #expect(message.problem(frameMax: 4096)?.code == .invalidArgument)
    }
}
