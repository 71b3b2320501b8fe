import DecisionCore
import Testing

@Suite struct OutcomeTests {
    private static let id = StreamEvent.example().id

    @Test func `A decision's verdict is what the platform is told`() throws {
        let plan = try RecordingPlan(formats: [.flv])
        let decision = Decision(verdict: .record(plan), reason: .rule(1), revision: 1, decidedAt: .example)
        #expect(Outcome(eventID: Self.id, cause: .decision(decision)).verdict == .record(plan))
    }

    @Test(arguments: FallbackCause.allCases)
    func `Every fallback is not to record`(cause: FallbackCause) {
        #expect(Outcome(eventID: Self.id, cause: .fallback(cause)).verdict == .skip)
    }

    @Test func `The causes have the names that logs, metrics and the audit trail use`() {
        #expect(
            FallbackCause.allCases.map(\.rawValue) == [
                "timeout", "broker_unavailable", "broker_blocked", "unroutable", "overloaded", "state_unavailable",
                "draining",
            ]
        )
    }
}
