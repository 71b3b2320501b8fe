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

extension Notice {
    /// The notice with this number: a status of a recording.
    static func status(
        _ number: Int,
        _ event: RecordingStatus.Event = .started,
        stream: String = "teststream",
        receivedAt: Timestamp = .example
    ) -> Notice {
        Notice(
            id: .number(number),
            receivedAt: receivedAt,
            content: .recordingStatus(
                RecordingStatus(domain: "test.com", app: "test123", stream: stream, event: event)
            )
        )
    }

    /// The notice with this number: a file of 69.403 s, which is the one of its own number unless `file` says another.
    static func file(_ number: Int, file: Int? = nil, stream: String = "teststream") -> Notice {
        Notice(
            id: .number(number),
            receivedAt: .example,
            content: .recordedFile(
                RecordedFile(
                    domain: "test.com",
                    app: "test123",
                    stream: stream,
                    uri: "test123/\(stream)/\(file ?? number).flv",
                    durationMilliseconds: 69_403,
                    startTime: 1_700_000_000,
                    stopTime: 1_700_000_054,
                    pushArguments: ["callback_args1": "value \"1\""]
                )
            )
        )
    }

    /// The notice with this number: the end of a stream.
    static func ingest(
        _ number: Int,
        _ action: IngestStatus.Action = .publishDone,
        stream: String = "teststream"
    ) -> Notice {
        Notice(
            id: .number(number),
            receivedAt: .example,
            content: .ingest(
                IngestStatus(
                    action: action,
                    ingestDomain: "test.com",
                    app: "test123",
                    stream: stream,
                    time: 1_700_000_100
                )
            )
        )
    }

    /// What a gateway publishes for it.
    func message(_ topology: Topology) -> AMQPMessage {
        NoticeMessage.message(for: self, topology: topology, sender: "gateway-1")
    }
}

extension AMQPDelivery {
    /// A message as the stream hands it out.
    static func of(_ message: AMQPMessage, offset: Int64?, tag: UInt64 = 1) -> AMQPDelivery {
        var properties = message.properties
        properties.headers["x-stream-offset"] = offset.map { .int64($0) }
        return AMQPDelivery(
            consumerTag: "c",
            deliveryTag: tag,
            exchange: message.exchange,
            routingKey: message.routingKey,
            properties: properties,
            body: message.body
        )
    }
}
