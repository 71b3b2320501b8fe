import AMQP
import DecisionCore
import TestSupport
import Wire

extension EventID {
    static let example = EventID(high: 0x018B_CFE5_6800_7ABC, low: 0x8123_4567_89AB_CDEF)
}

extension GatewayRun {
    static let example = GatewayRun(gateway: "gateway-1", id: EventID(high: 0x018B_CFE5_6800_7FFF, low: 1 << 63))
}

extension StreamEvent {
    /// The example of the platform's documentation.
    static let example = StreamEvent(
        id: .example,
        receivedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000),
        domain: "test.com",
        app: "test123",
        stream: "teststream",
        bitrate: 2000,
        codec: .h264
    )

    /// The body of ``example``, as the documentation of the messages shows it.
    static let exampleBody = """
        {"schema":1,"id":"018bcfe5-6800-7abc-8123-456789abcdef","received_at":1700000000000,"domain":"test.com",\
        "app":"test123","stream":"teststream","vbitrate":2000,"codec":"h264"}
        """
}

extension AMQPDelivery {
    /// A message as a queue hands it out.
    static func of(_ message: AMQPMessage) -> AMQPDelivery {
        AMQPDelivery(
            consumerTag: "c",
            deliveryTag: 1,
            exchange: message.exchange,
            routingKey: message.routingKey,
            properties: message.properties,
            body: message.body
        )
    }
}

/// Texts and values that are drawn at random.
struct Draw {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) -> Value {
        Value.random(in: range, using: &random)
    }

    mutating func bool() -> Bool { Bool.random(using: &random) }

    mutating func element<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }

    /// What texts are hard for JSON: quotes, backslashes, control characters, two to four bytes of UTF-8.
    mutating func text(_ length: ClosedRange<Int>) -> String {
        let characters: [Character] = [
            "a", "Z", "0", "\"", "\\", "/", "\u{1}", "\u{1F}", "\n", "\t", "\u{7F}", "\u{E9}", "\u{301}", "日",
            "\u{FFFF}", "🎥",
        ]
        var text = ""
        while text.utf8.count < length.lowerBound || (text.utf8.count < length.upperBound - 4 && integer(0...9) > 0) {
            text.append(element(characters))
        }
        return text
    }

    mutating func eventID() -> EventID {
        var generator = EventIDGenerator()
        return generator.next(now: Timestamp(millisecondsSinceEpoch: integer(0...(1 << 48) - 1)), using: &random)
    }

    mutating func timestamp() -> Timestamp {
        Timestamp(millisecondsSinceEpoch: integer(Int64.min...Int64.max))
    }
}

extension Timestamp {
    static let example = StreamEvent.example.receivedAt
}

extension Decision {
    /// No rule matched.
    static let skipped = Decision(verdict: .skip, reason: .noRuleMatches, revision: 7, decidedAt: .example)
}
