internal import DecisionCore
internal import Wire

/// The parameters of the push URL that a file callback repeats: `push_args`, an object of texts.
///
/// They are the pusher's own: whatever is in them must not keep a file from being told of, and counted. So they are
/// taken out of the body before the rest of it is read. What cannot be kept is replaced, cut or left out: control
/// characters and lone surrogates become U+FFFD, a value is cut to ``Notice/maximumPushTextLength``, and of a repeated
/// name the first value is kept. More than ``RecordedFile/maximumPushArguments``, names that are empty or too long, and
/// values that are no text are left out.
struct PushArguments {
    private static let member = "push_args"

    /// What was given, as far as it is kept.
    let arguments: [String: String]
    /// The body with `null` in their place. A body that is no object is whole: its reader says what is wrong with it.
    let rest: [UInt8]

    /// Takes the arguments out of a body.
    init(_ body: [UInt8]) {
        guard let member = JSONMembers(of: body[...])?.first(where: { Self.text($0.name) == Self.member }) else {
            arguments = [:]
            rest = body
            return
        }
        arguments = Self.arguments(in: member.value)
        var rest = body
        rest.replaceSubrange(member.value.startIndex..<member.value.endIndex, with: "null".utf8)
        self.rest = rest
    }

    private static func arguments(in object: ArraySlice<UInt8>) -> [String: String] {
        guard let members = JSONMembers(of: object) else { return [:] }
        var arguments: [String: String] = [:]
        for member in members {
            guard let name = text(member.name)?.replacingControlCharacters, let value = text(member.value) else {
                continue
            }
            guard (1...NamePattern.maximumLength).contains(name.utf8.count), arguments[name] == nil else { continue }
            arguments[name] = value.replacingControlCharacters.cut(to: Notice.maximumPushTextLength)
            if arguments.count == RecordedFile.maximumPushArguments { break }
        }
        return arguments
    }

    /// The text of a value; a number or a truth value is the text that it is written with. Anything else has none.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        var reader = JSONReader(LoneSurrogates.replaced(in: bytes))
        do {
            let text = try readText(from: &reader)
            try reader.finish()
            return text
        } catch {
            return nil
        }
    }

    private static func readText(from reader: inout JSONReader) throws(JSONError) -> String? {
        switch try reader.peekKind() {
        case .string: try reader.readString()
        case .number: try reader.readNumberText()
        case .boolean: try reader.readBool() ? "true" : "false"
        case .null, .object, .array: nil
        }
    }
}
