internal import Yams

/// The tree of a YAML document, read within bounds.
///
/// Anchors and aliases are refused before anything is built of them: a few lines of them can stand for more nodes than
/// any memory holds. How deep a document nests is bounded by libyaml.
struct YAMLText {
    /// What the document holds; nil when it is empty or could not be read.
    private(set) var root: Node?
    /// Why it could not be read, or which keys are there twice.
    private(set) var problems: [RuleFileError.Problem] = []

    /// Where keys are that were there twice, and what they are now: only so can the rest be read.
    private var replacedKeys = 0

    /// How many keys that are there twice are looked for; each one takes another reading.
    private static let maximumReplacedKeys = 20
    /// The first of the characters that take the place of a key's first: for private use, so that no key has them.
    private static let firstReplacement: UInt32 = 0xF_0000

    /// Whether a key has been made of another one that was there twice.
    static func isReplaced(_ key: String) -> Bool {
        guard let first = key.unicodeScalars.first else { return false }
        return (firstReplacement..<firstReplacement + UInt32(maximumReplacedKeys)).contains(first.value)
    }

    init(_ bytes: [UInt8]) {
        // Some editors begin a file with a byte order mark, which libyaml would take for a letter.
        read(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
    }

    private mutating func read(_ bytes: [UInt8]) {
        guard bytes.count <= RuleFile.maximumLength else {
            return fail(1, 1, "the file has \(bytes.count) bytes; up to \(RuleFile.maximumLength) are read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let fault = Self.firstFault(in: bytes)
            return fail(fault.line, fault.column, "the file is not UTF-8")
        }
        if let anchor = Self.firstAnchor(in: bytes) {
            return fail(
                anchor.line,
                anchor.column,
                #"there is an anchor, or a text that looks like one; a rule file has none: write & as "\x26""#
            )
        }
        read(text)
    }

    private mutating func fail(_ line: Int, _ column: Int, _ message: String) {
        problems.append(.init(line: line, column: column, message: message))
    }

    private mutating func read(_ text: String) {
        do {
            // Without rules for what looks like a number or a date: a stream may be called 007.
            root = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            fail(
                context.mark.line,
                context.mark.column,
                "\(keys.map { "\"\(FieldReader.shown($0))\"" }.joined(separator: ", ")) is there twice"
            )
            if let text = replacingKey(at: context.mark, in: text) { read(text) }
        } catch let error as YamlError {
            let (line, column, message) = Self.describe(error)
            fail(line, column, message)
        } catch {
            fail(1, 1, "this is no YAML")
        }
    }

    private mutating func replacingKey(at mark: Mark, in text: String) -> String? {
        guard replacedKeys < Self.maximumReplacedKeys,
            let replacement = Unicode.Scalar(Self.firstReplacement + UInt32(replacedKeys)),
            var index = Self.index(of: mark, in: text)
        else { return nil }
        var scalars = text.unicodeScalars
        if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
        guard index < scalars.endIndex, scalars[index].isASCII, Label.isAlphanumeric(UInt8(scalars[index].value)) else {
            return nil
        }
        scalars.replaceSubrange(index...index, with: CollectionOfOne(replacement))
        replacedKeys += 1
        return String(scalars)
    }

    private static func index(of mark: Mark, in text: String) -> String.Index? {
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        var line = 1
        while line < mark.line, index < scalars.endIndex {
            if scalars[index] == "\r" {
                // With the line feed after it, it is one line break.
                let next = scalars.index(after: index)
                if next == scalars.endIndex || scalars[next] != "\n" { line += 1 }
            } else if ["\n", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalars[index]) {
                line += 1
            }
            index = scalars.index(after: index)
        }
        guard let found = scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex),
            found < scalars.endIndex
        else { return nil }
        return found
    }

    /// The first place that is not UTF-8.
    private static func firstFault(in bytes: [UInt8]) -> (line: Int, column: Int) {
        var place = (line: 1, column: 1)
        var decoder = UTF8()
        var bytes = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&bytes) {
            place = scalar == "\n" ? (place.line + 1, 1) : (place.line, place.column + 1)
        }
        return place
    }

    /// The first place where an anchor could begin: at an & that a name follows, and that does not follow a name.
    private static func firstAnchor(in bytes: [UInt8]) -> (line: Int, column: Int)? {
        var line = 1
        var column = 0
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 0
                continue
            }
            if byte & 0xC0 != 0x80 { column += 1 }
            guard byte == UInt8(ascii: "&"), index + 1 < bytes.count else { continue }
            let next = bytes[index + 1]
            let isName = Label.isAlphanumeric(next) || next == UInt8(ascii: "_") || next == UInt8(ascii: "-")
            if isName, index == 0 || !Label.isAlphanumeric(bytes[index - 1]) { return (line, column) }
        }
        return nil
    }

    private static func describe(_ error: YamlError) -> (line: Int, column: Int, message: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let isAlias = problem.contains("alias") || context?.text.contains("alias") == true
            let message =
                isAlias
                ? #"a text that begins with * must be in quotes, such as "*-vip""#
                : "this is no YAML: \(context.map { "\($0.text), " } ?? "")\(problem)"
            return (mark.line, mark.column, message)
        case .reader(let problem, let offset, _, let yaml):
            let lines = yaml.prefix(offset ?? 0)
                .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            return (lines.count, (lines.last?.unicodeScalars.count ?? 0) + 1, "this is no YAML: \(problem)")
        default:
            return (1, 1, "this is no YAML")
        }
    }
}
