public import DecisionCore

extension Decision {
    /// Reads a decision that is a JSON object of its own, with the members that a reply has, as the audit trail keeps it.
    ///
    /// - Throws: ``WireError`` when it is no decision.
    public init(decodingJSON json: [UInt8]) throws(WireError) {
        let fields: DecisionFields
        do {
            var reader = JSONReader(json)
            fields = try DecisionFields(from: &reader)
            try reader.finish()
        } catch {
            throw WireError(.malformedBody, error.description)
        }
        self = try fields.decision()
    }
}
