internal import Wire

extension CallbackFields {
    /// Takes the parameters of a JSON object. Members that are no parameter of the callback are ignored.
    ///
    /// - Throws: ``BadCallback`` when the body is not one JSON object.
    mutating func addJSON(_ body: [UInt8]) throws(BadCallback) {
        do {
            var reader = JSONReader(body)
            try reader.readObject { (reader, name) throws(JSONError) in
                guard let parameter = CallbackParameter(rawValue: name) else { return try reader.skipValue() }
                set(parameter, try Self.readValue(of: parameter, from: &reader))
            }
            try reader.finish()
        } catch {
            throw BadCallback(.malformedBody, "the body is not a JSON object: \(error)")
        }
    }

    private static func readValue(
        of parameter: CallbackParameter,
        from reader: inout JSONReader
    ) throws(JSONError) -> Value {
        switch try reader.peekKind() {
        case .string:
            return .text(try reader.readString())
        case .number where parameter == .vbitrate:
            return .text(try reader.readNumberText())
        default:
            try reader.skipValue()
            return .malformed(.wrongType)
        }
    }
}
