public import AMQP
public import DecisionCore

/// A notice on its way into the outcomes stream.
public enum NoticeMessage {
    /// The message that carries a notice.
    ///
    /// Mandatory: a stream that is down does not take it, and the broker confirms it all the same, but returns it first.
    public static func message(for notice: Notice, topology: Topology, sender: String) -> AMQPMessage {
        let key = routingKey(for: notice.content)
        return AMQPMessage(
            exchange: topology.exchange,
            routingKey: key,
            mandatory: true,
            properties: AMQPProperties(
                contentType: "application/json",
                deliveryMode: .persistent,
                messageID: notice.id.description,
                timestamp: Int(notice.receivedAt.millisecondsSinceEpoch / 1_000),
                type: key,
                appID: sender
            ),
            body: notice.encodedBody()
        )
    }

    private static func routingKey(for content: Notice.Content) -> String {
        switch content {
        case .recordingStatus, .recordedFile: Topology.recordingKey
        case .ingest: Topology.ingestKey
        }
    }
}
