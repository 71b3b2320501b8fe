internal import DecisionCore

/// What can be said of a rule without looking at others.
struct SingleRuleCheck {
    private let rule: Rule
    private let label: String
    private let index: Int
    private let templates: [StatedTemplate]
    private let now: Timestamp

    init(_ entry: RuleEntry, at index: Int, templates: [StatedTemplate], now: Timestamp) {
        rule = entry.rule
        label = entry.label
        self.index = index
        self.templates = templates
        self.now = now
    }

    func findings() -> [RuleFinding] {
        // A rule that is switched off is not finished; it is checked when it is switched on.
        guard rule.isEnabled else {
            return [RuleFinding(.disabled, at: index, "\(label) is not enabled: it matches nothing")]
        }
        return [validityOver, neverOpen, percentageZero].compactMap(\.self) + placeholders + formats
    }

    private var validityOver: RuleFinding? {
        guard let until = rule.validity.until, until <= now else { return nil }
        return RuleFinding(.validityOver, at: index, "\(label) was valid until \(until): its time is over")
    }

    /// No place on earth is further from UTC than this; the exact offset of a time zone only its database knows.
    private static let furthestBehind = Duration.seconds(-12 * 3_600)
    private static let furthestAhead = Duration.seconds(14 * 3_600)

    private var neverOpen: RuleFinding? {
        guard let schedule = rule.schedule, let from = rule.validity.from, let until = rule.validity.until else {
            return nil
        }
        let first = from.advanced(by: Self.furthestBehind)
        let last = until.advanced(by: Self.furthestAhead)
        guard !WeekHours(schedule).intersects(WeekHours(from: first, through: last)) else { return nil }
        return RuleFinding(
            .neverOpen,
            at: index,
            "\(label) is valid \(rule.validity), and its schedule \(schedule) has no hour in that time"
        )
    }

    private var percentageZero: RuleFinding? {
        guard rule.share?.basisPoints == 0 else { return nil }
        return RuleFinding(.percentageZero, at: index, "\(label) is for 0 percent of the streams: it matches nothing")
    }

    private var placeholders: [RuleFinding] {
        [("domain", rule.domain), ("app", rule.app), ("stream", rule.stream)].compactMap { key, pattern in
            guard Self.looksLikePlaceholder(pattern.text) else { return nil }
            let message =
                "\(label) has the \(key) \(pattern.text), which looks like a placeholder that nothing replaces"
            return RuleFinding(.placeholder, at: index, message)
        }
    }

    /// Such as `{AppName}`, `${stream}`, `<stream>`, `%STREAM%`.
    static func looksLikePlaceholder(_ text: String) -> Bool {
        // Hardly any name has these, and a search by pattern takes its time.
        guard text.utf8.contains(where: "{<%$".utf8.contains) else { return false }
        return text.contains(/\{[A-Za-z_.]+\}|<[A-Za-z_. -]+>|%[A-Za-z_]+%|\$[A-Za-z_]+/)
    }

    private var formats: [RuleFinding] {
        guard case .record(let plan) = rule.effect, !templates.isEmpty else { return [] }
        let (applying, leavesNoneOut) = templatesThatApply
        guard !applying.isEmpty else { return [] }
        let recorded = RecordFormat.allCases.filter { format in applying.contains { $0.formats.contains(format) } }
        let has = recorded.map(\.rawValue).joined(separator: ", ")
        let asked = plan.formats.isEmpty ? Array(plan.intervals.keys) : plan.formats
        let missing = RecordFormat.allCases.filter { asked.contains($0) && !recorded.contains($0) }
        guard !missing.isEmpty else { return [] }
        if leavesNoneOut, !plan.formats.isEmpty, missing.count == plan.formats.count {
            let message =
                "\(label) asks for \(missing.map(\.rawValue).joined(separator: ", ")), and the platform's template "
                + "there has only \(has): nothing would be recorded"
            return [RuleFinding(.noCommonFormat, at: index, message)]
        }
        return missing.map { format in
            let message =
                "\(label) asks for \(format.rawValue), which the platform's template there does not record; "
                + "it has \(has)"
            return RuleFinding(.formatNotInTemplate, at: index, message)
        }
    }

    /// The templates that the platform may use for a stream of the rule: those that a narrower one, which has all of
    /// the rule's streams, does not keep it from. The platform ranks its templates application before domain.
    ///
    /// Unless one has all of the rule's streams, nothing is known of some of them.
    private var templatesThatApply: (templates: [StatedTemplate], leaveNoneOut: Bool) {
        let names = [PatternShape(rule.domain), PatternShape(rule.app)]
        func shapes(_ template: StatedTemplate) -> [PatternShape] {
            [PatternShape(template.domain), PatternShape(template.app)]
        }
        let overlapping = templates.filter { zip(shapes($0), names).allSatisfy { $0.overlaps($1) } }
        let narrowest = overlapping.filter { zip(shapes($0), names).allSatisfy { $0.contains($1) } }.map(\.rank).max()
        return (overlapping.filter { $0.rank >= narrowest ?? 0 }, narrowest != nil)
    }
}

extension StatedTemplate {
    fileprivate var rank: Int { app.breadth.rawValue * 3 + domain.breadth.rawValue }
}
