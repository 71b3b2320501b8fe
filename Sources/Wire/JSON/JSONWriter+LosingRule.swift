public import DecisionCore

extension JSONWriter {
    /// Writes an array's element that is a rule which lost, such as `{"rule":3,"preceded":"priority"}` or
    /// `{"rule":4,"unmet":"codec","demanded":"h265","found":"h264"}`.
    public mutating func element(_ loser: Decision.LosingRule) {
        object { writer in
            writer.member("rule", loser.id.rawValue)
            switch loser.reason {
            case .unmet(let unmet):
                writer.member("unmet", unmet.condition.rawValue)
                writer.member("demanded", unmet.demanded)
                writer.member("found", unmet.found)
            case .preceded(let precedence):
                writer.member("preceded", precedence.rawValue)
            }
        }
    }
}
