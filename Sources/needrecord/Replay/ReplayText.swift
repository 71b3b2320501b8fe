import DecisionCore
import EventReplay
import StreamReading
import Wire

/// What came of a replay, for people and programs.
struct ReplayText {
    let selection: ReplaySelection
    /// The rules that were decided on; nil for those of now, by workers.
    let rules: String?
    /// The replay, when events were sent.
    let replay: EventID?
    let report: ReplayReport

    // MARK: - Text

    var text: String {
        var lines = replay.map { [(label: "replay", text: "\($0)")] } ?? []
        lines.append(("selected", "\(report.selected) callbacks of the \(spanText)"))
        if let rules { lines.append(("rules", rules)) }
        lines.append(("decided", "\(report.decided), \(report.toRecord) to record"))
        for (cause, count) in report.undecided.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append(("not decided", "\(count), \(cause.rawValue)"))
        }
        if report.roomAssumed > 0 {
            lines.append(("", "\(report.roomAssumed) by rules whose quota is taken to have room"))
        }
        if report.fallbacks > 0 { lines.append(("", "\(report.fallbacks) were answered with the default")) }
        if report.unanswered > 0 { lines.append(("no outcome", "\(report.unanswered)")) }
        if report.unreadable > 0 { lines.append(("unreadable", "\(report.unreadable) messages")) }
        lines.append(("same", "\(report.same)" + otherReasonText))
        lines.append(("different", "\(report.different)"))
        for change in ReplayChange.allCases {
            guard let count = report.changes[change] else { continue }
            lines.append(("  " + change.words, "\(count)" + timeText(change)))
        }
        var text = TextTable.aligned(lines)
        if !report.differences.isEmpty {
            text += "\n\n"
            text +=
                TextTable(
                    header: ["RECEIVED", "DOMAIN", "APP", "STREAM", "BEFORE", "AFTER", "EVENT"],
                    rows: report.differences.map(\.cells)
                ).text
            let hidden = report.different - report.differences.count
            if hidden > 0 { text += "\nand \(hidden) more" }
        }
        for trouble in troubles { text += "\n\n\(trouble)" }
        return text
    }

    private var spanText: String {
        let source = selection.source == .stream ? "stream" : "audit trail"
        switch selection.span {
        case .time(let from, let to): return "\(source) from \(from) to \(to)"
        case .offsets(let offsets): return "\(source) from offset \(offsets.lowerBound) to \(offsets.upperBound)"
        }
    }

    private var otherReasonText: String {
        report.sameForOtherReason > 0 ? ", \(report.sameForOtherReason) of them by another rule or reason" : ""
    }

    private func timeText(_ change: ReplayChange) -> String {
        let time: RecordedTime
        switch change {
        case .recorded: time = report.gained
        case .notRecorded: time = report.lost
        default: return ""
        }
        guard time.pushes > 0 else { return "" }
        let pushes = time.pushes == 1 ? "1 push" : "\(time.pushes) pushes"
        guard time.pushes > time.endless else { return ", \(pushes) of which nobody has told the end" }
        let hours = time.seconds / 3_600
        let tenths = Int((hours * 10).rounded())
        var text = ", \(change == .recorded ? "+" : "-")\(tenths / 10).\(tenths % 10) h of \(pushes)"
        if time.endless > 0 { text += ", \(time.endless) of which nobody has told the end" }
        return text
    }

    private var troubles: [String] {
        var troubles: [String] = []
        if let begins = report.streamBegins {
            let time = begins.time.map { " (\($0))" } ?? ""
            troubles.append("the stream begins at offset \(begins.offset)\(time): what was before is gone")
        }
        if report.auditorBehind > 0 {
            troubles.append(
                "the auditor is \(report.auditorBehind) messages behind: their callbacks count as without an outcome"
            )
        }
        if !report.isComplete { troubles.append("this is not all that was selected") }
        return troubles
    }

    // MARK: - JSON

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            if let replay { writer.member("replay", replay.description) }
            if let rules { writer.member("rules", rules) }
            writer.member("complete", report.isWhole)
            if report.auditorBehind > 0 { writer.member("auditor_behind", report.auditorBehind) }
            writer.member("selected", report.selected)
            writer.member("decided", report.decided)
            writer.member("to_record", report.toRecord)
            writer.member(
                "undecided",
                object: { writer in
                    for cause in FallbackCause.allCases {
                        if let count = report.undecided[cause] { writer.member(named: cause.rawValue, count) }
                    }
                }
            )
            writer.member("room_assumed", report.roomAssumed)
            writer.member("fallbacks", report.fallbacks)
            writer.member("unanswered", report.unanswered)
            writer.member("unreadable", report.unreadable)
            writer.member("same", report.same)
            writer.member("same_for_other_reason", report.sameForOtherReason)
            writer.member("different", report.different)
            writer.member(
                "changes",
                object: { writer in
                    for change in ReplayChange.allCases {
                        writer.member(named: change.rawValue, report.changes[change, default: 0])
                    }
                }
            )
            writer.member("gained", object: { $0.members(of: report.gained) })
            writer.member("lost", object: { $0.members(of: report.lost) })
            writer.member("differences", array: { for difference in report.differences { $0.element(difference) } })
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension ReplayChange {
    fileprivate var words: String {
        switch self {
        case .recorded: "now recorded"
        case .notRecorded: "no longer recorded"
        case .formats: "formats"
        case .intervals: "intervals"
        }
    }
}

extension ReplayDifference {
    fileprivate var cells: [String] {
        [
            event.receivedAt.description, event.domain, event.app, event.stream,
            before.decision.map(\.shortText) ?? "skip (\(before.cause))", after.shortText, event.id.description,
        ]
    }
}

extension Decision {
    /// Such as `record mp4 every mp4=300s (rule 7)`.
    fileprivate var shortText: String {
        let effect: Rule.Effect =
            switch verdict {
            case .record(let plan): .record(plan)
            case .skip: .skip
            }
        switch reason {
        case .rule(let id): return "\(effect.text) (\(id.text))"
        case .quotaExhausted(let id): return "\(effect.text) (\(id.text), quota exhausted)"
        case .noRuleMatches: return "\(effect.text) (no rule)"
        }
    }
}

extension Rule.ID {
    /// A rule of a file has no number yet.
    fileprivate var text: String { rawValue >= Explanation.firstNewRule ? "new rule" : "rule \(rawValue)" }
}

extension JSONWriter {
    fileprivate mutating func members(of time: RecordedTime) {
        member("pushes", time.pushes)
        member("seconds", Int(time.seconds.rounded()))
        member("pushes_without_end", time.endless)
    }

    fileprivate mutating func element(_ difference: ReplayDifference) {
        object { writer in
            writer.member("event", difference.event.id.description)
            writer.member("received_at", difference.event.receivedAt.description)
            writer.member("domain", difference.event.domain)
            writer.member("app", difference.event.app)
            writer.member("stream", difference.event.stream)
            writer.member("changes", array: { for change in difference.changes { $0.element(change.rawValue) } })
            writer.member("cause", difference.before.cause)
            if let before = difference.before.decision { writer.member("before", object: { $0.members(of: before) }) }
            writer.member("after", object: { $0.members(of: difference.after) })
        }
    }
}
