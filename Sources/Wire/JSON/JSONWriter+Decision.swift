public import DecisionCore

extension JSONWriter {
    /// Writes a decision, as the members `verdict`, `formats` and `intervals` (of a verdict to record), `rule`, `reason`
    /// (`quota_exhausted` when it has no room), `losing_rules`, `omitted_losing_rules`, `reservation`, `revision`,
    /// `utc_offsets` (seconds by time zone, sorted) and `decided_at` (milliseconds since the Unix epoch).
    ///
    /// What there is none of is left out, as `rule` is when no rule matches. The same decision always has the same bytes.
    public mutating func members(of decision: Decision) {
        switch decision.verdict {
        case .skip:
            member("verdict", "skip")
        case .record(let plan):
            member("verdict", "record")
            members(of: plan)
        }
        if let winner = decision.winner { member("rule", winner.rawValue) }
        if case .quotaExhausted = decision.reason { member("reason", DecisionFields.quotaExhausted) }
        if !decision.losingRules.isEmpty {
            member("losing_rules", array: { for loser in decision.losingRules { $0.element(loser) } })
        }
        if decision.omittedLosingRules > 0 { member("omitted_losing_rules", decision.omittedLosingRules) }
        if let reservation = decision.reservation { member("reservation", object: { $0.members(of: reservation) }) }
        member("revision", decision.revision)
        if !decision.utcOffsets.isEmpty {
            member(
                "utc_offsets",
                object: { offsets in
                    for (timeZone, seconds) in decision.utcOffsets.sorted(by: { $0.key < $1.key }) {
                        offsets.member(named: timeZone, seconds)
                    }
                }
            )
        }
        member("decided_at", decision.decidedAt.millisecondsSinceEpoch)
    }
}
