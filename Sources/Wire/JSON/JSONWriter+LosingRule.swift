public import DecisionCore

extension JSONWriter {
    /// Writes an array's element that is a rule which lost, such as `{"rule":3,"preceded":"priority"}`.
    public mutating func element(_ loser: Decision.LosingRule) {
        object { writer in
            writer.member("rule", loser.id.rawValue)
            switch loser.reason {
            case .unmet(let condition): writer.member("unmet", condition.rawValue)
            case .preceded(let precedence): writer.member("preceded", precedence.rawValue)
            }
        }
    }
}
