import DecisionCore
import Testing

@Suite struct StreamQuestionTests {
    private static let event = StreamEvent(
        id: EventID(high: 0x7000, low: 1 << 63),
        receivedAt: Timestamp(millisecondsSinceEpoch: 1),
        domain: "d",
        app: "a",
        stream: "s",
        bitrate: 1
    )

    @Test func `Two attempts ask the same`() {
        var other = Self.event
        other.id = EventID(high: 0x7000, low: 1 << 63 | 1)
        other.receivedAt = Timestamp(millisecondsSinceEpoch: 2)
        other.anomalies = [.malformedBitrate]
        #expect(other.question == Self.event.question)
    }

    @Test(
        arguments: [
            { $0.domain = "x" }, { $0.app = "x" }, { $0.stream = "x" }, { $0.bitrate = 2 }, { $0.bitrate = nil },
            { $0.codec = .h265 }, { $0.codec = nil },
        ] as [@Sendable (inout StreamEvent) -> Void]
    )
    func `Whatever a decision depends on is another question`(change: @Sendable (inout StreamEvent) -> Void) {
        var other = Self.event
        change(&other)
        #expect(other.question != Self.event.question)
    }
}
