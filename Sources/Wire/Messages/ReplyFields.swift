internal import DecisionCore

/// The members of a reply's body as they are read, before it is known whether they make a reply.
struct ReplyFields {
    private var event: String?
    private var worker: String?
    private var failure: String?
    private var verdict: String?
    private var formats: [String] = []
    private var intervals: [String: Int64] = [:]
    private var rule: Int64?
    private var losers: [(rule: Int64?, unmet: String?, preceded: String?)] = []
    private var revision: Int64?
    private var decidedAt: Int64?

    mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "event": event = try reader.readString()
        case "worker": worker = try reader.readString()
        case "failure": failure = try reader.readString()
        case "verdict": verdict = try reader.readString()
        case "formats": try reader.readArray { reader throws(JSONError) in formats.append(try reader.readString()) }
        case "intervals":
            try reader.readObject { (reader, format) throws(JSONError) in
                intervals[format] = try reader.readInteger()
            }
        case "rule": rule = try reader.readInteger()
        case "losing_rules": try reader.readArray { reader throws(JSONError) in try readLoser(from: &reader) }
        case "revision": revision = try reader.readInteger()
        case "decided_at": decidedAt = try reader.readInteger()
        default: try reader.skipValue()
        }
    }

    private mutating func readLoser(from reader: inout JSONReader) throws(JSONError) {
        var loser: (rule: Int64?, unmet: String?, preceded: String?)
        try reader.readObject { (reader, name) throws(JSONError) in
            switch name {
            case "rule": loser.rule = try reader.readInteger()
            case "unmet": loser.unmet = try reader.readString()
            case "preceded": loser.preceded = try reader.readString()
            default: try reader.skipValue()
            }
        }
        losers.append(loser)
    }

    func reply() throws(WireError) -> Reply {
        guard let eventID = EventID(try Schema.require(event, "event")) else {
            throw WireError(.invalidField, "event")
        }
        return Reply(eventID: eventID, content: try content(), worker: try Schema.require(worker, "worker"))
    }

    private func content() throws(WireError) -> Reply.Content {
        guard let failure else { return .decision(try decision()) }
        guard let cause = FallbackCause(rawValue: failure) else { throw WireError(.invalidField, "failure") }
        return .failure(cause)
    }

    private func decision() throws(WireError) -> Decision {
        var losingRules: [Decision.LosingRule] = []
        for loser in losers {
            losingRules.append(try losingRule(loser))
        }
        return Decision(
            verdict: try decodedVerdict(),
            reason: rule.map { .rule(Rule.ID(rawValue: $0)) } ?? .noRuleMatches,
            losingRules: losingRules,
            revision: try Schema.require(revision, "revision"),
            decidedAt: Timestamp(millisecondsSinceEpoch: try Schema.require(decidedAt, "decided_at"))
        )
    }

    private func decodedVerdict() throws(WireError) -> Decision.Verdict {
        switch try Schema.require(verdict, "verdict") {
        case "skip": return .skip
        case "record": return .record(try plan())
        default: throw WireError(.invalidField, "verdict")
        }
    }

    private func plan() throws(WireError) -> RecordingPlan {
        var formats: [RecordFormat] = []
        for name in self.formats {
            guard let format = RecordFormat(rawValue: name) else { throw WireError(.invalidField, "formats") }
            formats.append(format)
        }
        var intervals: [RecordFormat: Int] = [:]
        for (name, seconds) in self.intervals {
            guard let format = RecordFormat(rawValue: name) else { throw WireError(.invalidField, "intervals") }
            intervals[format] = Int(seconds)
        }
        do {
            return try RecordingPlan(formats: formats, intervals: intervals)
        } catch {
            throw WireError(.invalidField, error.description)
        }
    }

    private func losingRule(
        _ loser: (rule: Int64?, unmet: String?, preceded: String?)
    ) throws(WireError) -> Decision.LosingRule {
        let id = Rule.ID(rawValue: try Schema.require(loser.rule, "losing_rules.rule"))
        if let condition = loser.unmet.flatMap(Rule.Condition.init(rawValue:)) {
            return .init(id: id, reason: .unmet(condition))
        }
        if let precedence = loser.preceded.flatMap(Rule.Precedence.init(rawValue:)) {
            return .init(id: id, reason: .preceded(precedence))
        }
        throw WireError(.invalidField, "losing_rules")
    }
}
