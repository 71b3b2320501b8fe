import AMQP
import DecisionCore
import Testing
import Wire

@Suite struct EventRequestTests {
    private static let deadline = Timestamp(millisecondsSinceEpoch: 1_700_000_004_000)

    private static func message(remaining: Duration = .seconds(4)) -> AMQPMessage {
        EventRequest.message(
            event: .example,
            body: StreamEvent.example.encodedBody(),
            replyTo: "needrecord.replies.a",
            deadline: deadline,
            remaining: remaining,
            topology: Topology(namespace: "blue"),
            run: .example
        )
    }

    @Test func `An event travels with the properties that the design names`() {
        let message = Self.message()
        #expect(message.exchange == "blue")
        #expect(message.routingKey == "callback.on_demand")
        #expect(message.mandatory)
        #expect(
            message.properties
                == AMQPProperties(
                    contentType: "application/json",
                    deliveryMode: .transient,
                    correlationID: "018bcfe5-6800-7abc-8123-456789abcdef",
                    replyTo: "needrecord.replies.a",
                    expiration: 4_000,
                    messageID: "018bcfe5-6800-7abc-8123-456789abcdef",
                    timestamp: 1_700_000_000,
                    type: "callback.on_demand",
                    appID: "gateway-1",
                    headers: ["deadline": 1_700_000_004_000, "run": "018bcfe5-6800-7fff-8000-000000000000"]
                )
        )
    }

    @Test(
        arguments: [(.milliseconds(1), 1), (.microseconds(2_999), 2), (.zero, 1), (.seconds(-1), 1)]
            as [(Duration, Int)]
    )
    func `The broker keeps it for what is left of the budget, a millisecond at least`(
        remaining: Duration,
        expiration: Int
    ) {
        #expect(Self.message(remaining: remaining).properties.expiration == expiration)
    }

    private static func replay(charges: Bool = false) -> AMQPMessage {
        EventRequest.replayMessage(
            event: .example,
            mark: ReplayMark(original: GatewayRun.example.id, chargesQuotas: charges),
            replyTo: "needrecord.replies.replay.a",
            deadline: deadline,
            remaining: .seconds(4),
            topology: Topology(namespace: "blue"),
            sender: "replay"
        )
    }

    @Test func `A repetition goes to the work queue alone, and says what it repeats`() throws {
        let message = Self.replay()
        #expect(message.exchange == "")
        #expect(message.routingKey == "blue.decisions")
        #expect(message.mandatory)
        #expect(message.properties.messageID == "018bcfe5-6800-7abc-8123-456789abcdef")
        #expect(message.properties.expiration == 4_000)
        #expect(message.properties.headers["replay-of"] == "018bcfe5-6800-7fff-8000-000000000000")
        #expect(message.properties.headers["run"] == nil)
        let request = try EventRequest(AMQPDelivery.of(message))
        #expect(request.event == .example)
        #expect(request.replay == ReplayMark(original: GatewayRun.example.id, chargesQuotas: false))
        #expect(try EventRequest(AMQPDelivery.of(Self.replay(charges: true))).replay?.chargesQuotas == true)
    }

    @Test(arguments: [("replay-of", AMQPValue.string("x")), ("replay-of", .int64(7)), ("replay-charges-quotas", "yes")])
    func `A mark that cannot be read is a fault, never a callback`(header: String, value: AMQPValue) {
        var message = Self.replay()
        message.properties.headers[header] = value
        #expect(throws: WireError(.invalidField, "headers.\(header)")) { try EventRequest(AMQPDelivery.of(message)) }
    }

    @Test func `A delivery is read back as the request it was`() throws {
        let request = try EventRequest(AMQPDelivery.of(Self.message()))
        #expect(
            request == EventRequest(event: .example, replyTo: "needrecord.replies.a", deadline: Self.deadline)
        )
    }

    @Test func `A deadline of 32 bits is a deadline too`() throws {
        var delivery = AMQPDelivery.of(Self.message())
        delivery.properties.headers["deadline"] = .int32(7)
        #expect(try EventRequest(delivery).deadline == Timestamp(millisecondsSinceEpoch: 7))
    }

    @Test(arguments: [nil, ""])
    func `Without a queue to reply to it is no request`(replyTo: String?) {
        var delivery = AMQPDelivery.of(Self.message())
        delivery.properties.replyTo = replyTo
        #expect(throws: WireError(.missingField, "reply_to")) { try EventRequest(delivery) }
    }

    @Test(arguments: [nil, .string("1700000004000"), .bool(true), .double(1.7e12)] as [AMQPValue?])
    func `Without a whole number as its deadline it is no request`(deadline: AMQPValue?) {
        var delivery = AMQPDelivery.of(Self.message())
        delivery.properties.headers["deadline"] = deadline
        #expect(throws: WireError(.missingField, "headers.deadline")) { try EventRequest(delivery) }
    }

    @Test func `A body that is no event makes no request`() {
        var delivery = AMQPDelivery.of(Self.message())
        delivery.body = []
        #expect(throws: WireError(.malformedBody, "the text ends too early at byte 0")) { try EventRequest(delivery) }
    }
}
