import DecisionCore
import Foundation

/// What is to be decided, written down once more from what the rules of decisions say, and nothing of the product's code.
struct ReferenceDecision: Equatable {
    var winner: Rule.ID?
    var verdict = Decision.Verdict.skip
    var isQuotaExhausted = false
    /// Why the others lost.
    var losers: [Rule.ID: String] = [:]

    /// The same of the product's decision.
    init(_ decision: Decision) {
        winner = decision.winner
        verdict = decision.verdict
        if case .quotaExhausted = decision.reason { isQuotaExhausted = true }
        for loser in decision.losingRules {
            switch loser.reason {
            case .unmet(let unmet): losers[loser.id] = unmet.condition.rawValue
            case .preceded: losers[loser.id] = "preceded"
            }
        }
    }

    /// Decides by rules whose names match.
    init(_ event: StreamEvent, _ rules: [Rule], reservation: Reservation?, now: Date) {
        var best: Rule?
        for rule in rules {
            if let unmet = Self.unmet(rule, event, now) {
                losers[rule.id] = unmet
                continue
            }
            guard let leader = best else {
                best = rule
                continue
            }
            let wins = Self.rank(rule).lexicographicallyPrecedes(Self.rank(leader))
            losers[wins ? leader.id : rule.id] = "preceded"
            best = wins ? rule : leader
        }
        guard let best else { return }
        winner = best.id
        guard case .record(let plan) = best.effect else { return }
        isQuotaExhausted = best.quota.map { !Self.hasRoom($0, reservation) } ?? false
        verdict = isQuotaExhausted ? .skip : .record(plan)
    }

    /// The smallest comes first.
    private static func rank(_ rule: Rule) -> [Int] {
        func width(_ pattern: NamePattern) -> Int {
            switch pattern.breadth {
            case .exact: 0
            case .glob: 1
            case .any: 2
            }
        }
        return [
            -rule.priority, width(rule.app), width(rule.stream), width(rule.domain), rule.effect == .skip ? 0 : 1,
            Int(rule.id.rawValue),
        ]
    }

    private static func hasRoom(_ quota: String, _ reservation: Reservation?) -> Bool {
        switch reservation?.state {
        case .held: true
        case .granted, .assumed: reservation?.quota == quota
        case .denied, nil: false
        }
    }

    private static func unmet(_ rule: Rule, _ event: StreamEvent, _ now: Date) -> String? {
        if !rule.isEnabled { return "enabled" }
        if let codec = rule.codec, event.codec != codec { return "codec" }
        if let range = rule.bitrate {
            guard let bitrate = event.bitrate else { return "bitrate" }
            if let minimum = range.minimum, bitrate < minimum { return "bitrate" }
            if let maximum = range.maximum, bitrate > maximum { return "bitrate" }
        }
        let milliseconds = Int64((now.timeIntervalSince1970 * 1_000).rounded())
        if let from = rule.validity.from, milliseconds < from.millisecondsSinceEpoch { return "validity" }
        if let until = rule.validity.until, milliseconds >= until.millisecondsSinceEpoch { return "validity" }
        if let schedule = rule.schedule, !isOpen(schedule, now) { return "schedule" }
        if let share = rule.share, StreamShare.place(of: event) >= share.basisPoints { return "percentage" }
        return nil
    }

    /// Counts the minutes of the week, from Monday on, by the machine's own time zones.
    private static func isOpen(_ schedule: WeeklySchedule, _ now: Date) -> Bool {
        let offset = TimeZone(identifier: schedule.timeZone)!.secondsFromGMT(for: now)
        // The epoch was a Thursday.
        let minuteOfWeek = ((Int(now.timeIntervalSince1970) + offset) / 60 + 3 * 1_440) % 10_080
        return schedule.windows.contains { window in
            window.days.contains { day in
                let opens = day.rawValue * 1_440 + window.opens
                let length = (window.closes - window.opens + 1_440) % 1_440
                return (minuteOfWeek - opens + 10_080) % 10_080 < (length == 0 ? 1_440 : length)
            }
        }
    }
}
