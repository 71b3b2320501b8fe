internal import Wire

extension ParameterSet {
    /// Takes the parameters of a JSON object.
    ///
    /// - Parameter other: Reads the value of a member that is no parameter, or skips it, as is done without it.
    /// - Throws: ``BadCallback`` when the body is not one JSON object.
    mutating func addJSON(
        _ body: [UInt8],
        other: (inout JSONReader, _ name: String) throws(JSONError) -> Void = { (reader, _) throws(JSONError) in
            try reader.skipValue()
        }
    ) throws(BadCallback) {
        do {
            var reader = JSONReader(body)
            try reader.readObject { (reader, name) throws(JSONError) in
                guard let parameter = Name(named: name) else { return try other(&reader, name) }
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
