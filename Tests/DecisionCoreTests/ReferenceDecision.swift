import DecisionCore

/// What is to be decided, read off the documented rules step by step: filter, sort, take the first.
struct ReferenceDecision: Equatable {
    var verdict: Decision.Verdict = .skip
    var reason: Decision.Reason = .noRuleMatches
    /// The number and why, as ``why(_:)`` puts it.
    var losers: [String] = []
    var omitted = 0
    var reservation: Reservation?

    /// Decides.
    init(_ event: StreamEvent, _ facts: Facts, now: Timestamp) {
        let judged = facts.rules.map { ($0, Self.unmet($0, event, facts, now)) }
        let matching = judged.filter { $0.1 == nil }.map(\.0).sorted { Self.rank($0) < Self.rank($1) }
        let others = judged.filter { $0.1 != nil }.sorted { $0.0.id < $1.0.id }
        let all =
            matching.dropFirst().map { "\($0.id.rawValue) \(Self.difference(matching[0], $0))" }
            + others.map { "\($0.0.id.rawValue) \($0.1!)" }
        losers = Array(all.prefix(100))
        omitted = all.count - losers.count
        guard let winner = matching.first else { return }
        reason = .rule(winner.id)
        guard case .record(let plan) = winner.effect else { return }
        if let quota = winner.quota {
            reservation = facts.reservation
            let hasRoom =
                switch facts.reservation?.state {
                case .held: true
                case .granted, .assumed: facts.reservation?.quota == quota
                case .denied, nil: false
                }
            if !hasRoom {
                reason = .quotaExhausted(winner.id)
                return
            }
        }
        verdict = .record(plan)
    }

    /// A decision in the same terms.
    init(_ decision: Decision) {
        verdict = decision.verdict
        reason = decision.reason
        losers = decision.losingRules.map { "\($0.id.rawValue) \(Self.why($0.reason))" }
        omitted = decision.omittedLosingRules
        reservation = decision.reservation
    }

    private static func why(_ reason: Decision.LosingRule.Reason) -> String {
        switch reason {
        case .unmet(let unmet): unmet.condition.rawValue
        case .preceded(let precedence): precedence.rawValue
        }
    }

    // MARK: - Conditions

    private static func unmet(_ rule: Rule, _ event: StreamEvent, _ facts: Facts, _ now: Timestamp) -> String? {
        let conditions: [(String, Bool)] = [
            ("enabled", rule.isEnabled),
            ("domain", NaiveGlob.matches(rule.domain.text, event.domain)),
            ("app", NaiveGlob.matches(rule.app.text, event.app)),
            ("stream", NaiveGlob.matches(rule.stream.text, event.stream)),
            ("codec", rule.codec == nil || rule.codec == event.codec),
            ("bitrate", isMet(rule.bitrate, event.bitrate)),
            ("validity", isMet(rule.validity, now)),
            ("schedule", isMet(rule.schedule, now, facts.utcOffsets)),
            ("percentage", rule.share.map { StreamShare.place(of: event) < $0.basisPoints } ?? true),
        ]
        return conditions.first { !$0.1 }?.0
    }

    private static func isMet(_ range: BitrateRange?, _ bitrate: Int?) -> Bool {
        guard let range else { return true }
        return bitrate.map { ((range.minimum ?? 0)...(range.maximum ?? .max)).contains($0) } ?? false
    }

    private static func isMet(_ validity: Validity, _ now: Timestamp) -> Bool {
        let from = validity.from?.millisecondsSinceEpoch ?? .min
        guard let until = validity.until?.millisecondsSinceEpoch else { return from <= now.millisecondsSinceEpoch }
        return (from..<until).contains(now.millisecondsSinceEpoch)
    }

    private static func isMet(_ schedule: WeeklySchedule?, _ now: Timestamp, _ utcOffsets: [String: Int]) -> Bool {
        guard let schedule else { return true }
        guard let utcOffset = utcOffsets[schedule.timeZone] else { return false }
        // 1970-01-01 was a Thursday. In a hundred thousand weeks of minutes nothing is below zero.
        let minutes = now.millisecondsSinceEpoch + Int64(utcOffset) * 1_000 + 100_000 * 7 * 86_400_000
        let minute = Int((minutes / 60_000 + 3 * 1_440) % 10_080)
        return schedule.windows.contains { window in
            let length = (window.closes - window.opens + 1_440) % 1_440
            return window.days.contains { day in
                let opens = day.rawValue * 1_440 + window.opens
                return (minute - opens + 10_080) % 10_080 < (length == 0 ? 1_440 : length)
            }
        }
    }

    // MARK: - Order

    private static func difference(_ winner: Rule, _ loser: Rule) -> String {
        let names = ["priority", "specificity", "specificity", "specificity", "skip_before_record", "age"]
        return names[
            zip(rank(winner).keys, rank(loser).keys).enumerated().first { $0.element.0 != $0.element.1 }!.offset
        ]
    }

    /// What rules are sorted by; the smaller of two comes first.
    private struct Rank: Comparable {
        var keys: [Int64]
        static func < (left: Rank, right: Rank) -> Bool { left.keys.lexicographicallyPrecedes(right.keys) }
    }

    private static func rank(_ rule: Rule) -> Rank {
        Rank(keys: [
            -Int64(rule.priority), width(rule.app), width(rule.stream), width(rule.domain),
            rule.effect == .skip ? 0 : 1, rule.id.rawValue,
        ])
    }

    private static func width(_ pattern: NamePattern) -> Int64 {
        if pattern.text.allSatisfy({ $0 == "*" }) { return 2 }
        return pattern.exactName == nil ? 1 : 0
    }
}
