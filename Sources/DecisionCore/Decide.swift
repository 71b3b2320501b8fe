/// Decides whether to record.
///
/// A pure function: the same event, facts and clock give the same decision, bit for bit, on any machine and at any
/// later time. That is what makes a decision explainable and repeatable.
///
/// - Parameters:
///   - event: The question.
///   - facts: What the business state says, in one snapshot; rules that do not match the event are allowed.
///   - now: The civil clock at the moment of deciding.
public func decide(_ event: StreamEvent, _ facts: Facts, now: Timestamp) -> Decision {
    var winner: Rule?
    for rule in facts.rules where rule.unmetCondition(for: event) == nil {
        if let best = winner, rule.precedence(over: best) == nil { continue }
        winner = rule
    }
    var losingRules: [Decision.LosingRule] = []
    for rule in facts.rules where rule.id != winner?.id {
        if let condition = rule.unmetCondition(for: event) {
            losingRules.append(.init(id: rule.id, reason: .unmet(condition)))
        } else if let precedence = winner?.precedence(over: rule) {
            losingRules.append(.init(id: rule.id, reason: .preceded(precedence)))
        }
    }
    losingRules.sort { $0.id < $1.id }
    let verdict: Decision.Verdict =
        switch winner?.effect {
        case .record(let plan): .record(plan)
        case .skip, nil: .skip
        }
    return Decision(
        verdict: verdict,
        reason: winner.map { .rule($0.id) } ?? .noRuleMatches,
        losingRules: losingRules,
        revision: facts.revision,
        decidedAt: now
    )
}
