import DecisionCore
import Testing
import Wire

@testable import CallbackGateway

@Suite struct LateDeskTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)

    private static func event(_ number: UInt64) -> StreamEvent {
        StreamEvent(
            id: EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63 | number),
            receivedAt: now,
            domain: "d",
            app: "a",
            stream: "s"
        )
    }

    @Test func `A decision answers whoever asks the same again, and not its own callback`() throws {
        let desk = LateDesk(
            configuration: GatewayConfiguration(),
            topology: Topology(namespace: "test", answerBudget: .seconds(4)),
            now: { Self.now }
        )
        let decision = Decision(verdict: .skip, reason: .noRuleMatches, revision: 1, decidedAt: Self.now)
        let answer = try LateAnswer(event: Self.event(1), decision: decision, worker: "w")
        desk.told([(answer, 100)], malformed: 0)
        #expect(desk.answer(to: Self.event(1)) == nil)
        #expect(desk.counters.used == 0)
        #expect(desk.answer(to: Self.event(2)) == answer)
        #expect(desk.counters.used == 1)
    }
}
