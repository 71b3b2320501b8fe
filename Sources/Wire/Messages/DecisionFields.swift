internal import DecisionCore

/// The members of a decision as they are read, before it is known whether they make a decision.
struct DecisionFields {
    /// The only reason that is spelled out; the others follow from whether there is a rule.
    static let quotaExhausted = "quota_exhausted"

    private var verdict: String?
    private var formats: [String] = []
    private var intervals: [String: Int64] = [:]
    private var rule: Int64?
    private var reason: String?
    private var losers: [LosingRuleFields] = []
    private var omittedLosers: Int64 = 0
    private var reservation: ReservationFields?
    private var revision: Int64?
    private var utcOffsets: [String: Int] = [:]
    private var decidedAt: Int64?

    init() {}

    /// Reads a decision that is an object of its own.
    init(from reader: inout JSONReader) throws(JSONError) {
        try reader.readObject { (reader, name) throws(JSONError) in try read(name, from: &reader) }
    }

    mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "verdict": verdict = try reader.readString()
        case "formats": try reader.readArray { reader throws(JSONError) in formats.append(try reader.readString()) }
        case "intervals":
            try reader.readObject { (reader, format) throws(JSONError) in
                intervals[format] = try reader.readInteger()
            }
        case "rule": rule = try reader.readInteger()
        case "reason": reason = try reader.readString()
        case "losing_rules":
            try reader.readArray { reader throws(JSONError) in losers.append(try LosingRuleFields(from: &reader)) }
        case "omitted_losing_rules": omittedLosers = try reader.readInteger()
        case "reservation": reservation = try ReservationFields(from: &reader)
        case "revision": revision = try reader.readInteger()
        case "utc_offsets":
            // As many as losing rules can name, and the winner.
            try reader.readObject(maximumMembers: 4_096) { (reader, timeZone) throws(JSONError) in
                utcOffsets[timeZone] = Int(try reader.readInteger())
            }
        case "decided_at": decidedAt = try reader.readInteger()
        default: try reader.skipValue()
        }
    }

    func decision() throws(WireError) -> Decision {
        guard omittedLosers >= 0 else { throw WireError(.invalidField, "omitted_losing_rules") }
        return Decision(
            verdict: try decodedVerdict(),
            reason: try decodedReason(),
            losingRules: try losingRules(),
            omittedLosingRules: Int(omittedLosers),
            revision: try Schema.require(revision, "revision"),
            utcOffsets: utcOffsets,
            reservation: try decodedReservation(),
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

    private func decodedReason() throws(WireError) -> Decision.Reason {
        let winner = rule.map(Rule.ID.init(rawValue:))
        switch reason {
        case nil: return winner.map { .rule($0) } ?? .noRuleMatches
        case Self.quotaExhausted: return .quotaExhausted(try Schema.require(winner, "rule"))
        default: throw WireError(.invalidField, "reason")
        }
    }

    private func losingRules() throws(WireError) -> [Decision.LosingRule] {
        var losingRules: [Decision.LosingRule] = []
        for loser in losers {
            losingRules.append(try loser.losingRule())
        }
        return losingRules
    }

    private func decodedReservation() throws(WireError) -> Reservation? {
        guard let reservation else { return nil }
        return try reservation.reservation()
    }
}
