import DecisionCore

extension Draw {
    /// Any decision, those that no rules would lead to among them.
    mutating func decision() throws -> Decision {
        Decision(
            verdict: bool() ? .skip : .record(try plan()),
            reason: element([.noRuleMatches, .rule(ruleID()), .quotaExhausted(ruleID())]),
            losingRules: (0..<integer(0...5)).map { _ in .init(id: ruleID(), reason: losingReason()) },
            omittedLosingRules: element([0, 0, 1, integer(0...Int.max)]),
            revision: integer(Int64.min...Int64.max),
            utcOffsets: utcOffsets(),
            reservation: bool() ? reservation() : nil,
            decidedAt: timestamp()
        )
    }

    private mutating func plan() throws -> RecordingPlan {
        let formats = RecordFormat.allCases.filter { _ in bool() }
        var intervals: [RecordFormat: Int] = [:]
        for format in formats where bool() { intervals[format] = integer(5...21_600) }
        return try RecordingPlan(formats: formats, intervals: intervals)
    }

    private mutating func ruleID() -> Rule.ID {
        Rule.ID(rawValue: integer(Int64.min...Int64.max))
    }

    private mutating func losingReason() -> Decision.LosingRule.Reason {
        if bool() { return .preceded(element([.priority, .specificity, .skipBeforeRecord, .age])) }
        return .unmet(
            UnmetCondition(element(Rule.Condition.allCases), demanded: text(0...255), found: text(0...255))
        )
    }

    private mutating func utcOffsets() -> [String: Int] {
        var offsets: [String: Int] = [:]
        for _ in 0..<integer(0...4) {
            offsets[element(["UTC", "Asia/Kolkata", "America/St_Johns", text(0...30)])] = integer(Int.min...Int.max)
        }
        return offsets
    }

    private mutating func reservation() -> Reservation {
        Reservation(
            quota: text(0...100),
            bucket: text(0...255),
            state: element([.granted, .held, .denied, .assumed]),
            concurrent: bool() ? usage() : nil,
            minutes: bool() ? usage() : nil,
            month: bool() ? text(0...10) : nil
        )
    }

    private mutating func usage() -> Reservation.Usage {
        .init(used: integer(Int.min...Int.max), limit: integer(Int.min...Int.max))
    }
}
