import AMQP
import DecisionCore
import Testing
import Wire

@testable import EventReplay

@Suite(.timeLimit(.minutes(1))) struct ReplayDeskTests {
    private static func passenger(_ number: Int) -> ReplayDesk.Passenger {
        ReplayDesk.Passenger(
            candidate: ReplayCandidate(event: .number(number), answer: nil),
            event: .number(1_000 + number)
        )
    }

    private static func desk(patience: Duration = .seconds(60)) -> ReplayDesk {
        ReplayDesk(rate: 100_000, capacity: 200, patience: patience)
    }

    @Test func `What the broker refuses comes back to be sent again, as often as it is refused`() async throws {
        let desk = Self.desk()
        try await desk.takeOff(Self.passenger(1))
        #expect(!desk.isCleared)
        let start = ContinuousClock.now
        desk.published([(EventID.number(1_001), .negativelyAcknowledged)])
        // It lands although nobody has looked yet, and must not be forgotten for that.
        try await desk.landing()
        #expect(!desk.isCleared)
        #expect(desk.take().refused.map(\.event.id) == [.number(1)])
        // Nothing is sent for a while; then the same callback is refused once more.
        try await desk.takeOff(Self.passenger(1))
        #expect(ContinuousClock.now - start > .milliseconds(500))
        desk.published([(EventID.number(1_001), .blocked(reason: "memory"))])
        try await desk.landing()
        let (results, refused) = desk.take()
        #expect(desk.isCleared)
        #expect(results.isEmpty)
        #expect(refused.map(\.event.id) == [.number(1)])
    }

    @Test func `A reply ends an event once, and whoever waits goes on`() async throws {
        let desk = Self.desk()
        try await desk.takeOff(Self.passenger(1))
        async let landed: Void = desk.landing()
        let reply = Reply(eventID: .number(1_001), content: .failure(.stateUnavailable), worker: "w")
        desk.replied([reply, reply])
        try await landed
        let results = desk.take().results
        #expect(results.count == 1)
        #expect(results.first?.cause == .fallback(.stateUnavailable))
        #expect(results.first?.worker == "w")
    }

    @Test func `Events that nobody decides end the replay, but not when somebody does now and then`() async throws {
        let desk = Self.desk(patience: .zero)
        func expire(_ numbers: Range<Int>) async throws {
            for number in numbers {
                try await desk.takeOff(Self.passenger(number))
                desk.expire()
            }
        }
        try await expire(0..<ReplayDesk.longestSilence - 1)
        desk.replied([Reply(eventID: .number(1_000), content: .failure(.stateUnavailable), worker: "w")])
        try await expire(200..<200 + ReplayDesk.longestSilence)
        let error = await #expect(throws: EventReplayError.self) { try await desk.takeOff(Self.passenger(500)) }
        #expect(error?.code == .noWorker)
        #expect(desk.take().results.count == 2 * ReplayDesk.longestSilence - 1)
    }

    @Test func `A queue that is gone ends it for whoever waits`() async throws {
        let desk = Self.desk()
        try await desk.takeOff(Self.passenger(1))
        let landing = Task { try await desk.landing() }
        desk.published([(EventID.number(1_001), .returned(replyCode: 312, replyText: "NO_ROUTE"))])
        let error = await #expect(throws: EventReplayError.self) { try await landing.value }
        #expect(error?.code == .noQueue)
    }
}
