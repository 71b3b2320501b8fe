internal import DecisionCore

/// A decision that was made again.
struct Redecision: Sendable, Equatable {
    let decision: Decision
    /// Whether a quota was taken to have room, because nobody knows what it would have said then.
    let isRoomAssumed: Bool

    /// Decides a callback again, at the clock of its first decision.
    ///
    /// What a quota said then it says again; another quota is taken to have room, as for shadow rules. None is asked.
    init(_ candidate: ReplayCandidate, _ facts: Facts) {
        var facts = facts
        var isRoomAssumed = false
        if let winner = winningRule(for: candidate.event, facts, now: candidate.clock), let quota = winner.quota {
            let stored = candidate.answer?.decision?.reservation
            if let stored, stored.quota == quota || stored.state == .held {
                facts.reservation = stored
            } else {
                facts.reservation = Reservation(quota: quota, state: .assumed)
                isRoomAssumed = winner.effect != .skip
            }
        }
        decision = decide(candidate.event, facts, now: candidate.clock)
        self.isRoomAssumed = isRoomAssumed
    }
}
