import AMQP
import DecisionCore
import Wire

/// A letter of the dead queue, as it was taken to be looked at.
struct DeadLetterEntry: Sendable {
    /// What it is called on the command line: 16 hexadecimal digits that follow from what is in it, so they are the same
    /// each time it is looked at.
    let id: String
    let delivery: AMQPDelivery

    init(_ delivery: AMQPDelivery) {
        self.delivery = delivery
        id = Self.name(delivery)
    }

    var reason: String { text(DeadLetter.reasonHeader) ?? "unknown" }
    var rejectedBy: String? { text("rejected-by") }
    var originExchange: String? { text("origin-exchange") }
    var originRoutingKey: String? { text("origin-routing-key") }
    var messageID: String? { delivery.properties.messageID }

    /// When the message was made, by its sender's clock, in whole seconds.
    var time: Timestamp? {
        delivery.properties.timestamp.map { Timestamp(millisecondsSinceEpoch: Int64($0) * 1_000) }
    }

    /// Until when its reply is wanted; nil for what is no on-demand callback.
    var deadline: Timestamp? {
        delivery.properties.headers["deadline"]?.integerValue.map { Timestamp(millisecondsSinceEpoch: Int64($0)) }
    }

    /// Whether it is a question that somebody waits for, or waited.
    var isOnDemand: Bool { originRoutingKey == Topology.onDemandKey }

    private func text(_ header: String) -> String? { delivery.properties.headers[header]?.stringValue }

    /// What the broker adds while it hands a message around, and would not be the same the next time.
    static func isOfBroker(_ header: String) -> Bool { header.hasPrefix("x-") && header != "x-stream-offset" }

    /// FNV-1a over the body, the message id and the headers. It names letters for people and protects nothing.
    private static func name(_ delivery: AMQPDelivery) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        mix(delivery.body)
        mix((delivery.properties.messageID ?? "").utf8)
        // A quorum queue that hands a message out again has put its headers in another order.
        for entry in delivery.properties.headers.entries.sorted(by: { $0.key < $1.key }) where !isOfBroker(entry.key) {
            mix(entry.key.utf8)
            mix(entry.value.text.utf8)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension AMQPValue {
    /// For a person.
    var text: String {
        switch self {
        case .bool(let value): String(value)
        case .int32(let value): String(value)
        case .int64(let value): String(value)
        case .double(let value): String(value)
        case .string(let value): value
        case .bytes(let value): value.map { String($0, radix: 16) }.joined(separator: " ")
        case .timestamp(let seconds): String(seconds)
        case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .table(let table): "{" + table.entries.map { "\($0.key): \($0.value.text)" }.joined(separator: ", ") + "}"
        case .void: "-"
        }
    }
}
