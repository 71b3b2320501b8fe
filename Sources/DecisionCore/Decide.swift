/// Decides whether to record.
///
/// A pure function: the same event, facts and clock give the same decision, bit for bit, on any machine and at any
/// later time. That is what makes a decision explainable and repeatable.
///
/// A winning rule with a quota records only if ``Facts/reservation`` says that there is room; ask
/// ``winningRule(for:_:now:)`` which quota that has to be. When there is none the stream is not recorded: no wider rule
/// steps in, or a quota would limit nothing.
///
/// - Parameters:
///   - event: The question.
///   - facts: What the business state says, in one snapshot; rules that do not match the event are allowed.
///   - now: The civil clock at the moment of deciding.
public func decide(_ event: StreamEvent, _ facts: Facts, now: Timestamp) -> Decision {
    let contest = Contest(event, facts, now: now)
    var decision = Decision(
        verdict: .skip,
        reason: .noRuleMatches,
        losingRules: contest.losingRules,
        omittedLosingRules: contest.omittedLosingRules,
        revision: facts.revision,
        utcOffsets: facts.utcOffsets,
        decidedAt: now
    )
    guard let winner = contest.winner else { return decision }
    decision.reason = .rule(winner.id)
    guard case .record(let plan) = winner.effect else { return decision }
    if let quota = winner.quota {
        decision.reservation = facts.reservation
        guard let reservation = facts.reservation, reservation.quota == quota || reservation.state == .held,
            reservation.isRoom
        else {
            decision.reason = .quotaExhausted(winner.id)
            return decision
        }
    }
    decision.verdict = .record(plan)
    return decision
}

/// The rule that ``decide(_:_:now:)`` will go by; its quota has to be asked before.
public func winningRule(for event: StreamEvent, _ facts: Facts, now: Timestamp) -> Rule? {
    var winner: Rule?
    for rule in facts.rules {
        if let best = winner, rule.precedence(over: best) == nil { continue }
        if rule.unmetCondition(for: event, at: now, utcOffsets: facts.utcOffsets) == nil { winner = rule }
    }
    return winner
}

/// All rules against one another.
private struct Contest {
    let winner: Rule?
    let losingRules: [Decision.LosingRule]
    let omittedLosingRules: Int

    init(_ event: StreamEvent, _ facts: Facts, now: Timestamp) {
        var matching: [Rule] = []
        var unmet: [Decision.LosingRule] = []
        for rule in facts.rules {
            if let condition = rule.unmetCondition(for: event, at: now, utcOffsets: facts.utcOffsets) {
                unmet.append(.init(id: rule.id, reason: .unmet(condition)))
            } else {
                matching.append(rule)
            }
        }
        matching.sort { $0.precedence(over: $1) != nil }
        unmet.sort { $0.id < $1.id }
        winner = matching.first
        let preceded = matching.dropFirst().compactMap { rule in
            matching[0].precedence(over: rule).map { Decision.LosingRule(id: rule.id, reason: .preceded($0)) }
        }
        let losers = preceded + unmet
        losingRules = Array(losers.prefix(Decision.maximumLosingRules))
        omittedLosingRules = losers.count - losingRules.count
    }
}
