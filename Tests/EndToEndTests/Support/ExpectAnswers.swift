import DecisionCore
import PlatformSimulator
import TestSupport
import Testing

/// Every callback of a traffic that was stopped has exactly one outcome, had its answer in time, and if that was the
/// default, for one of these causes.
///
/// - Parameter limit: In what time; nil for the budget, and a little for the way.
func expectAnswers(
    _ traffic: Traffic,
    _ gateway: ServiceProcess,
    _ deployment: Deployment,
    causes: Set<FallbackCause>,
    within limit: Duration? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let tally = try await gateway.settledCounters()
    // When the traffic stopped, some were under way.
    #expect(
        traffic.failures.keys.allSatisfy { $0 == .cancelled },
        "\(traffic.failures)",
        sourceLocation: sourceLocation
    )
    #expect(traffic.answers.allSatisfy { $0.status == 200 }, sourceLocation: sourceLocation)
    let late = traffic.lateness(after: limit ?? deployment.answerBudget)
    #expect(late <= (limit == nil ? .milliseconds(100) : .zero), sourceLocation: sourceLocation)
    #expect(tally.isConserved, "\(tally)", sourceLocation: sourceLocation)
    #expect(causes.isSuperset(of: tally.fallbacks.keys), "\(tally)", sourceLocation: sourceLocation)
}
