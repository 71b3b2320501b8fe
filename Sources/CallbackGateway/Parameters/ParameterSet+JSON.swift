internal import Wire

extension ParameterSet {
    /// Takes the parameters of a JSON object. Members that are no parameter are ignored.
    ///
    /// - Throws: ``BadCallback`` when the body is not one JSON object.
    mutating func addJSON(_ body: [UInt8]) throws(BadCallback) {
        do {
            var reader = JSONReader(body)
            try reader.readObject { (reader, name) throws(JSONError) in
                guard let parameter = Name(named: name) else { return try reader.skipValue() }
                if let value = try Self.readValue(of: parameter, from: &reader) { set(parameter, value) }
            }
            try reader.finish()
        } catch {
            throw BadCallback(.malformedBody, "the body is not a JSON object: \(error)")
        }
    }

    private static func readValue(of parameter: Name, from reader: inout JSONReader) throws(JSONError) -> Value? {
        switch try reader.peekKind() {
        case .string:
            return .text(try reader.readString())
        case .number where parameter.takesNumber:
            return .text(try reader.readNumberText())
        case .null where parameter.takesNull:
            try reader.readNull()
            return nil
        default:
            try reader.skipValue()
            return .malformed(.wrongType)
        }
    }
}
