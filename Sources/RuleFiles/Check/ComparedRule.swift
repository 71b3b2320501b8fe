internal import DecisionCore

/// A rule with what comparing it with others takes.
struct ComparedRule: Sendable {
    let index: Int
    let rule: Rule
    /// How messages call it.
    let label: String
    /// Of its domain, app and stream.
    let names: [PatternShape]
    let hours: WeekHours?
    /// Whether each of its globs leaves room in the middle: ``PatternShape/isElastic``.
    let isElastic: Bool
    /// Whether each of its globs, of which it has one, leaves both ends open: ``PatternShape/isOpen``.
    let isOpen: Bool

    /// - Parameter shapes: The shapes of the patterns so far, by the bytes of their texts: names that look the same and
    ///   are not, such as é in its two spellings, are equal as texts.
    init(_ entry: RuleEntry, at index: Int, shapes: inout [[UInt8]: PatternShape]) {
        self.index = index
        rule = entry.rule
        label = entry.label
        hours = entry.rule.schedule.map(WeekHours.init)
        names = [rule.domain, rule.app, rule.stream].map { pattern in
            let bytes = Array(pattern.text.utf8)
            if let shape = shapes[bytes] { return shape }
            let shape = PatternShape(pattern)
            shapes[bytes] = shape
            return shape
        }
        let globs = names.filter { $0.breadth == .glob }
        isElastic = !globs.isEmpty && globs.allSatisfy(\.isElastic)
        isOpen = !globs.isEmpty && globs.allSatisfy(\.isOpen)
    }

    /// Whether this rule matches whatever the other one matches. Never said wrongly.
    func contains(_ other: ComparedRule) -> Bool {
        zip(names, other.names).allSatisfy { $0.contains($1) } && hasWiderConditions(than: other)
    }

    private func hasWiderConditions(than other: ComparedRule) -> Bool {
        if let codec = rule.codec, codec != other.rule.codec { return false }
        if let bitrate = rule.bitrate {
            guard let others = other.rule.bitrate, (others.minimum ?? 0) >= (bitrate.minimum ?? 0),
                (others.maximum ?? .max) <= (bitrate.maximum ?? .max)
            else { return false }
        }
        if let from = rule.validity.from, other.rule.validity.from.map({ $0 < from }) ?? true { return false }
        if let until = rule.validity.until, other.rule.validity.until.map({ $0 > until }) ?? true { return false }
        if let hours {
            guard rule.schedule?.timeZone == other.rule.schedule?.timeZone, let others = other.hours,
                others.isSubset(of: hours)
            else { return false }
        }
        // Of two shares the larger one has all the streams of the smaller.
        return (rule.share?.basisPoints ?? 10_000) >= (other.rule.share?.basisPoints ?? 10_000)
    }

    /// Whether both can match the same stream at the same time. May be said of two whose schedules never meet, when
    /// they are on the clocks of different time zones.
    func overlaps(_ other: ComparedRule) -> Bool {
        hasOverlappingConditions(with: other) && zip(names, other.names).allSatisfy { $0.overlaps($1) }
    }

    /// ``overlaps(_:)`` as far as the names do not decide it.
    func hasOverlappingConditions(with other: ComparedRule) -> Bool {
        if let codec = rule.codec, let others = other.rule.codec, codec != others { return false }
        if let bitrate = rule.bitrate, let others = other.rule.bitrate,
            max(bitrate.minimum ?? 0, others.minimum ?? 0) > min(bitrate.maximum ?? .max, others.maximum ?? .max)
        {
            return false
        }
        if let until = rule.validity.until, let from = other.rule.validity.from, until <= from { return false }
        if let from = rule.validity.from, let until = other.rule.validity.until, until <= from { return false }
        if rule.share?.basisPoints == 0 || other.rule.share?.basisPoints == 0 { return false }
        if let hours, let others = other.hours, rule.schedule?.timeZone == other.rule.schedule?.timeZone,
            !hours.intersects(others)
        {
            return false
        }
        return true
    }
}

extension RuleEntry {
    /// What to call the rule, such as `vip-rooms (line 12)` or `rule 7`.
    public var label: String {
        let place = line.map { "line \($0)" } ?? "rule \(rule.id.rawValue)"
        guard let name = rule.name else { return line == nil ? place : "the rule in \(place)" }
        return "\(name) (\(place))"
    }
}
