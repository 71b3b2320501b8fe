internal import DecisionCore

/// The members of a losing rule as they are read, before it is known whether they make one.
struct LosingRuleFields {
    private var rule: Int64?
    private var unmet: String?
    private var demanded: String?
    private var found: String?
    private var preceded: String?

    init(from reader: inout JSONReader) throws(JSONError) {
        try reader.readObject { (reader, name) throws(JSONError) in
            switch name {
            case "rule": rule = try reader.readInteger()
            case "unmet": unmet = try reader.readString()
            case "demanded": demanded = try reader.readString()
            case "found": found = try reader.readString()
            case "preceded": preceded = try reader.readString()
            default: try reader.skipValue()
            }
        }
    }

    func losingRule() throws(WireError) -> Decision.LosingRule {
        .init(id: Rule.ID(rawValue: try Schema.require(rule, "losing_rules.rule")), reason: try reason())
    }

    private func reason() throws(WireError) -> Decision.LosingRule.Reason {
        switch (unmet, preceded) {
        case (let unmet?, nil):
            guard let condition = Rule.Condition(rawValue: unmet) else {
                throw WireError(.invalidField, "losing_rules.unmet")
            }
            return .unmet(
                UnmetCondition(
                    condition,
                    demanded: try Schema.require(demanded, "losing_rules.demanded"),
                    found: try Schema.require(found, "losing_rules.found")
                )
            )
        case (nil, let preceded?):
            guard let precedence = Rule.Precedence(rawValue: preceded) else {
                throw WireError(.invalidField, "losing_rules.preceded")
            }
            return .preceded(precedence)
        case (nil, nil), (_?, _?):
            throw WireError(.invalidField, "losing_rules")
        }
    }
}
