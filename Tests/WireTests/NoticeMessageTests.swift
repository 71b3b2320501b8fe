import AMQP
import DecisionCore
import Testing
import Wire

@Suite struct NoticeMessageTests {
    @Test(arguments: [
        (Notice.recordingStatus, "callback.recording"), (.recordedFile, "callback.recording"),
        (.ingest, "callback.ingest"),
    ])
    func `A notice travels to stay, and comes back when nothing takes it`(notice: Notice, key: String) {
        let message = NoticeMessage.message(for: notice, topology: Topology(namespace: "blue"), sender: "gateway-1")
        #expect(
            message
                == AMQPMessage(
                    exchange: "blue",
                    routingKey: key,
                    mandatory: true,
                    properties: AMQPProperties(
                        contentType: "application/json",
                        deliveryMode: .persistent,
                        messageID: "018bcfe5-6800-7abc-8123-456789abcdef",
                        timestamp: 1_700_000_000,
                        type: key,
                        appID: "gateway-1"
                    ),
                    body: notice.encodedBody()
                )
        )
    }
}
