import DecisionCore
import Testing

@Suite struct OutcomeTests {
    @Test func `A decision's verdict is what the platform is told`() throws {
        let plan = try RecordingPlan(formats: [.flv])
        let decision = Decision(verdict: .record(plan), reason: .rule(1), revision: 1, decidedAt: .example)
        let cause = Outcome.Cause.decision(decision)
        #expect(cause.verdict == .record(plan))
        #expect(cause.decision == decision)
        #expect(cause.name == "decided")
    }

    @Test(arguments: FallbackCause.allCases)
    func `Every fallback is not to record`(fallback: FallbackCause) {
        let cause = Outcome.Cause.fallback(fallback)
        #expect(cause.verdict == .skip)
        #expect(cause.decision == nil)
        #expect(cause.name == fallback.rawValue)
    }

    @Test func `The causes have the names that logs, metrics and the audit trail use`() {
        #expect(
            Outcome.Cause.names == [
                "decided", "timeout", "broker_unavailable", "broker_blocked", "unroutable", "overloaded",
                "state_unavailable", "draining",
            ]
        )
    }

    @Test(
        arguments: [(0, 0), (59_999, 0), (60_000, 60_000), (1_700_000_039_999, 1_699_999_980_000)] as [(Int64, Int64)]
    )
    func `An id's minute is the one that its time lies in`(milliseconds: Int64, minute: Int64) {
        let id = EventID(high: UInt64(milliseconds) << 16 | 0x7FFF, low: .max)
        #expect(id.minute == Timestamp(millisecondsSinceEpoch: minute))
    }
}
