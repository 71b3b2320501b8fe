internal import DecisionCore
internal import Wire

/// The parameters of the push URL that a file callback repeats: `push_args`, an object of texts.
///
/// They are the pusher's own: whatever is in them must not keep a file from being told of, and counted. So control
/// characters are replaced, and what is too much is left out.
struct PushArguments {
    private static let field = "push_args"

    private var arguments: [String: String] = [:]
    private var fault: BadCallback?

    /// What was given.
    ///
    /// - Throws: ``BadCallback`` when it is not an object of texts.
    func get() throws(BadCallback) -> [String: String] {
        if let fault { throw fault }
        return arguments
    }

    /// Reads the member's value; `null` is none.
    mutating func read(from reader: inout JSONReader) throws(JSONError) {
        switch try reader.peekKind() {
        case .object:
            try reader.readObject(maximumMembers: 4_096) { (reader, name) throws(JSONError) in
                guard let value = try readValue(from: &reader) else { return }
                add(name, value)
            }
        case .null:
            try reader.readNull()
        default:
            try reader.skipValue()
            refuse(.wrongType, "is not an object")
        }
    }

    /// The text of a value; a number or a truth value is the text that it is written with, and `null` is no value.
    private mutating func readValue(from reader: inout JSONReader) throws(JSONError) -> String? {
        switch try reader.peekKind() {
        case .string: return try reader.readString()
        case .number: return try reader.readNumberText()
        case .boolean: return try reader.readBool() ? "true" : "false"
        case .null:
            try reader.readNull()
            return nil
        case .object, .array:
            try reader.skipValue()
            refuse(.wrongType, "holds a value that is not a string")
            return nil
        }
    }

    private mutating func add(_ name: String, _ value: String) {
        let name = name.replacingControlCharacters
        guard (1...NamePattern.maximumLength).contains(name.utf8.count) else { return }
        guard arguments.count < RecordedFile.maximumPushArguments || arguments[name] != nil else { return }
        arguments[name] = value.replacingControlCharacters
    }

    private mutating func refuse(_ code: BadCallback.Code, _ problem: String) {
        guard fault == nil else { return }
        fault = BadCallback(code, field: Self.field, "the parameter \(Self.field) \(problem)")
    }
}
