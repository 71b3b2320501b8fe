import DecisionCore
import Testing

@Suite struct NoticeTests {
    @Test func `The known words for what happens to a recording are the platform's`() {
        let known: [RecordingStatus.Event] = [.started, .paused, .resumed, .error]
        #expect(known.map(\.rawValue) == ["record_started", "record_paused", "record_resumed", "record_error"])
    }

    @Test func `Another word is kept as it is, and is none of the known ones`() {
        let event = RecordingStatus.Event(rawValue: "record_ended")
        #expect(event.rawValue == "record_ended")
        #expect(event != .paused)
    }

    @Test func `A stream begins and ends in the platform's words`() {
        #expect(IngestStatus.Action.allCases.map(\.rawValue) == ["publish", "publish_done"])
    }

    @Test func `The last point in time that a notice may name is the last second of the year 9999`() {
        func text(_ seconds: Int64) -> String { Timestamp(millisecondsSinceEpoch: seconds * 1_000).description }
        #expect(text(Notice.timeRange.lowerBound) == "1970-01-01T00:00:00.000Z")
        #expect(text(Notice.timeRange.upperBound) == "9999-12-31T23:59:59.000Z")
    }

    @Test(arguments: [
        (Int64(1_700_000_000_999), Int64(1_700_086_400)), (0, 86_400), (-86_400_000, 0), (-1_000_000_000_000, 0),
        (253_402_300_799_000, 253_402_300_799),
    ])
    func `A notice may name times up to a day after it was received`(receivedAt: Int64, latest: Int64) {
        let range = Notice.timeRange(receivedAt: Timestamp(millisecondsSinceEpoch: receivedAt))
        #expect(range == 0...latest)
    }

    @Test func `The longest recording has 7 days`() {
        #expect(RecordedFile.maximumDuration == 7 * 24 * 60 * 60 * 1_000)
    }
}
