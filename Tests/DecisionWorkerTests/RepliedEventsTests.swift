import AMQP
import DecisionCore
import Testing
import Wire

@testable import DecisionWorker

@Suite struct RepliedEventsTests {
    private static func requests(_ numbers: ClosedRange<Int>) -> [EventRequest] {
        numbers.map { EventRequest(event: .number($0), replyTo: "q", deadline: .example) }
    }

    @Test func `What was replied to last is known, and nothing else`() {
        var events = RepliedEvents(limit: 10)
        events.replied(to: [])
        events.replied(to: Self.requests(1...3))
        events.replied(to: Self.requests(4...6))
        #expect(
            events.events([.number(2), .number(6), .number(7)]) == [
                .number(2): .number(2), .number(6): .number(6),
            ]
        )
        #expect(events.events([]).isEmpty)
    }

    @Test func `Older batches make room, and the last one stays whole`() {
        var events = RepliedEvents(limit: 10)
        for start in stride(from: 0, to: 40, by: 4) { events.replied(to: Self.requests(start...start + 3)) }
        #expect(events.count == 8)
        #expect(events.events((0..<40).map { .number($0) }).count == 8)
        events.replied(to: Self.requests(100...199))
        #expect(events.count == 100)
        #expect(events.events((100..<200).map { .number($0) }).count == 100)
        #expect(events.events([.number(39)]).isEmpty)
    }
}
