import AMQP
import DecisionCore
import Foundation
import TestSupport
import Wire

extension EventID {
    /// The id of the event with this number.
    static func number(_ number: Int) -> EventID {
        EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000 + UInt64(number))
    }
}

extension Timestamp {
    static let example = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)

    /// The civil clock.
    static func now() -> Timestamp {
        Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
    }
}

extension StreamEvent {
    /// The event with this number.
    static func number(_ number: Int, stream: String = "teststream") -> StreamEvent {
        StreamEvent(id: .number(number), receivedAt: .example, domain: "test.com", app: "test123", stream: stream)
    }
}

extension AMQPMessage {
    /// What a gateway publishes for an event.
    static func request(
        _ event: StreamEvent,
        replyTo: String = "replies",
        deadline: Timestamp,
        topology: Topology = Topology()
    ) -> AMQPMessage {
        EventRequest.message(
            event: event,
            body: event.encodedBody(),
            replyTo: replyTo,
            deadline: deadline,
            // The broker must not expire what the worker is to drop.
            remaining: .seconds(60),
            topology: topology,
            run: GatewayRun(gateway: "gateway-1", id: EventID(high: 0x018B_CFE5_6800_7FFF, low: 1 << 63))
        )
    }
}

extension AMQPMessage {
    /// What a replay publishes for an event.
    static func repetition(
        _ event: StreamEvent,
        charging: Bool = false,
        replyTo: String = "replies",
        deadline: Timestamp,
        topology: Topology = Topology()
    ) -> AMQPMessage {
        EventRequest.replayMessage(
            event: event,
            mark: ReplayMark(original: .number(1_000), chargesQuotas: charging),
            replyTo: replyTo,
            deadline: deadline,
            remaining: .seconds(60),
            topology: topology,
            sender: "replay"
        )
    }
}

extension AMQPDelivery {
    /// A message as the work queue hands it out.
    static func of(_ message: AMQPMessage, tag: UInt64 = 1, redelivered: Bool = false) -> AMQPDelivery {
        AMQPDelivery(
            consumerTag: "c",
            deliveryTag: tag,
            redelivered: redelivered,
            exchange: message.exchange,
            routingKey: message.routingKey,
            properties: message.properties,
            body: message.body
        )
    }
}
