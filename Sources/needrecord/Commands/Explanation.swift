import BusinessState
import CallbackGateway
import DecisionCore
import Wire

/// A decision with all that it rests on, as a person, or a program, reads it.
struct Explanation {
    /// From here on are the ids that rules of a file get which are in no table yet.
    static let firstNewRule: Int64 = 1 << 62

    let event: StreamEvent
    let facts: Facts
    let decision: Decision
    /// Who made the revision and when; nil for the first one, which nobody made.
    let revision: RuleRevision?
    /// The rule file that was decided by; nil when it was the business state alone.
    let file: String?

    private var answer: String {
        String(decoding: Answer.body(for: decision.verdict), as: UTF8.self)
    }

    // MARK: - Text

    /// The answer and the reason.
    var shortText: String {
        TextTable.aligned(answerAndReason + [("revision", "\(decision.revision)")])
    }

    /// Everything.
    var text: String {
        var lines = answerAndReason
        if let reservation = decision.reservation { lines.append(("quota", reservation.text)) }
        for loser in decision.losingRules {
            lines.append(("lost", "\(describe(loser.id)): \(loser.reason.text)"))
        }
        if decision.omittedLosingRules > 0 { lines.append(("lost", "\(decision.omittedLosingRules) more rules")) }
        lines.append(("event", event.text))
        lines.append(("place", "\(StreamShare(basisPoints: StreamShare.place(of: event))?.description ?? "") % of all"))
        lines.append(("revision", revisionText))
        lines.append(("clock", decision.decidedAt.description))
        for (timeZone, seconds) in decision.utcOffsets.sorted(by: { $0.key < $1.key }) {
            let clock = decision.decidedAt.advanced(by: .seconds(seconds)).description.dropLast(5)
            lines.append(("", "\(clock) in \(timeZone)"))
        }
        return TextTable.aligned(lines)
    }

    private var answerAndReason: [(String, String)] {
        let reason =
            switch decision.reason {
            case .rule(let id): describe(id)
            case .quotaExhausted(let id): "\(describe(id)), but its quota has no room"
            case .noRuleMatches: "no rule matches, and the default is not to record"
            }
        return [("answer", answer), ("reason", reason)]
    }

    private var revisionText: String {
        var text = "\(decision.revision)"
        if let revision {
            text += " of \(Timestamp(revision.changedAt)) by \(revision.changedBy)"
            if !revision.note.isEmpty { text += ": \(revision.note)" }
        }
        if let file { text += ", with \(file)" }
        return text
    }

    private func describe(_ id: Rule.ID) -> String {
        let number = id.rawValue < Self.firstNewRule ? "rule \(id.rawValue)" : "new rule"
        guard let rule = facts.rules.first(where: { $0.id == id }) else { return number }
        let name = rule.name.map { " \(rule.set)/\($0)" } ?? ""
        return "\(number)\(name) (\(rule.domain.text) / \(rule.app.text) / \(rule.stream.text): \(rule.effect.text))"
    }

    /// By number; one that is in no table yet has none.
    private var consideredRules: [Rule] {
        facts.rules.sorted { $0.id < $1.id }.map { rule in
            var rule = rule
            if rule.id.rawValue >= Self.firstNewRule { rule.id = Rule.ID(rawValue: 0) }
            return rule
        }
    }

    // MARK: - JSON

    /// Everything, as one object: `event`, `answer` (the body as it would be sent), the members of the decision, the
    /// `rules` that were looked at, and who made the revision.
    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("event", object: { $0.members(of: event) })
            writer.member("answer", answer)
            writer.members(of: decision)
            writer.member("rules", array: { for rule in consideredRules { $0.element(rule) } })
            if let revision {
                writer.member("changed_at", Timestamp(revision.changedAt).description)
                writer.member("changed_by", revision.changedBy)
                writer.member("note", revision.note)
            }
            if let file { writer.member("file", file) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    fileprivate mutating func members(of event: StreamEvent) {
        member("domain", event.domain)
        member("app", event.app)
        member("stream", event.stream)
        if let bitrate = event.bitrate { member("vbitrate", bitrate) }
        if let codec = event.codec { member("codec", codec.rawValue) }
    }
}

extension StreamEvent {
    /// The question in words.
    fileprivate var text: String {
        let bitrate = bitrate.map { "\($0) kbit/s" } ?? "unknown bit rate"
        return "\(domain) / \(app) / \(stream), \(codec?.rawValue ?? "unknown codec"), \(bitrate)"
    }
}

extension Reservation {
    /// What the quota said, in words.
    fileprivate var text: String {
        var text = bucket.isEmpty ? quota : "\(quota) for \(bucket)"
        switch state {
        case .granted: text += ": there is room"
        case .held: text += ": the stream has its reservation"
        case .denied: text += ": there is no room"
        case .assumed: text += ": not asked"
        }
        if let concurrent { text += "; \(concurrent.used) of \(concurrent.limit) recordings at the same time" }
        if let minutes { text += "; \(minutes.used) of \(minutes.limit) minutes" + (month.map { " in \($0)" } ?? "") }
        return text
    }
}

extension Decision.LosingRule.Reason {
    fileprivate var text: String {
        switch self {
        case .unmet(let unmet) where unmet.condition == .enabled: unmet.found
        case .unmet(let unmet): "\(unmet.condition.rawValue): \(unmet.demanded) is demanded, and it is \(unmet.found)"
        case .preceded(.priority): "lower priority"
        case .preceded(.specificity): "wider"
        case .preceded(.skipBeforeRecord): "skip comes before record"
        case .preceded(.age): "newer"
        }
    }
}
