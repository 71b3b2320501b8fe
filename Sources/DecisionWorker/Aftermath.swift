internal import BusinessState
internal import DecisionCore

/// What a batch leaves to be done when its replies are on their way, and nobody waits for.
struct Aftermath: Sendable {
    /// Events whose reservation was taken for nothing: their gateways had answered already.
    var undelivered: [EventID] = []
    /// Decisions to compare with those of the shadow rules.
    var comparisons: [(event: StreamEvent, facts: EventFacts, decision: Decision)] = []

    /// Whether there is nothing to do.
    var isEmpty: Bool { undelivered.isEmpty && comparisons.isEmpty }

    /// Decides with the shadow rules too.
    ///
    /// - Returns: How many events were decided with them, and those that come out differently.
    func compare() -> (count: Int, differences: [ShadowDifference]) {
        var count = 0
        var differences: [ShadowDifference] = []
        for (event, facts, live) in comparisons {
            guard var shadowFacts = facts.shadow else { continue }
            count += 1
            if let rule = winningRule(for: event, shadowFacts, now: live.decidedAt), let quota = rule.quota {
                // A quota is charged for what is answered only. What it said of the answer holds for the shadow too.
                shadowFacts.reservation =
                    live.reservation?.quota == quota ? live.reservation : Reservation(quota: quota, state: .assumed)
            }
            let shadow = DecisionCore.decide(event, shadowFacts, now: live.decidedAt)
            if let difference = ShadowDifference(event: event, live: live, shadow: shadow) {
                differences.append(difference)
            }
        }
        return (count, differences)
    }
}
