internal import DecisionCore
internal import Yams

/// Reads values out of a document's tree and notes what is wrong with them, so that a file's author learns of
/// everything at once.
struct FieldReader {
    private(set) var problems: [RuleFileError.Problem] = []

    /// Notes what is wrong at a node.
    mutating func fail(_ node: Node, _ message: String) {
        problems.append(.init(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1, message: message))
    }

    /// The members of a mapping by their keys.
    ///
    /// - Parameters:
    ///   - what: What the mapping is, for messages.
    ///   - keys: The keys that it may have.
    /// - Returns: nil when it is no mapping.
    mutating func members(of node: Node, _ what: String, keys: [String]) -> [String: Node]? {
        guard let mapping = node.mapping else {
            fail(node, "\(what) is \(Self.describe(node)), not a mapping of \(keys.joined(separator: ", "))")
            return nil
        }
        var members: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            if keys.contains(name) {
                members[name] = value
            } else if !YAMLText.isReplaced(name) {
                fail(key, "\(what) has no \(Self.describe(key)); there are \(keys.joined(separator: ", "))")
            }
        }
        return members
    }

    /// The elements of a list.
    ///
    /// - Returns: nil when it is none.
    mutating func elements(of node: Node, _ what: String, of elements: String) -> [Node]? {
        if let sequence = node.sequence { return Array(sequence) }
        fail(node, "\(what) is \(Self.describe(node)), not a list of \(elements)")
        return nil
    }

    /// A text as it is written, a number too: a stream may be called 007.
    ///
    /// - Parameter wanted: What it should be, for messages.
    mutating func text(_ node: Node, _ what: String, _ wanted: String = "a text") -> String? {
        guard let scalar = node.scalar, scalar.style != .plain || !scalar.string.isEmpty else {
            fail(node, "\(what) is \(Self.describe(node)), not \(wanted)")
            return nil
        }
        return scalar.string
    }

    /// `true` or `false`.
    mutating func flag(_ node: Node, _ what: String) -> Bool? {
        switch node.scalar.flatMap({ $0.style == .plain ? $0.string : nil }) {
        case "true": return true
        case "false": return false
        default:
            fail(node, "\(what) is \(Self.describe(node)), not true or false")
            return nil
        }
    }

    /// A whole number.
    mutating func integer(_ node: Node, _ what: String, in range: ClosedRange<Int>, unit: String = "") -> Int? {
        if let scalar = node.scalar, scalar.style == .plain,
            scalar.string.utf8.first != UInt8(ascii: "+"), let number = Int(scalar.string), range.contains(number)
        {
            return number
        }
        let number = unit.isEmpty ? "a whole number" : "a whole number of \(unit)"
        fail(node, "\(what) is \(Self.describe(node)), not \(number) from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// One of a few words.
    mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ node: Node,
        _ what: String,
        of type: Value.Type
    ) -> Value? {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = text(node, what, "one of \(words)") else { return nil }
        if let value = Value(rawValue: text) { return value }
        fail(node, "\(what) is \(Self.describe(node)), not one of \(words)")
        return nil
    }

    /// A pattern for a name.
    mutating func pattern(_ node: Node, _ what: String) -> NamePattern? {
        guard let text = text(node, what, "a name or a pattern") else { return nil }
        if let fault = NamePattern.fault(in: text) {
            fail(node, "\(what) \(fault)")
            return nil
        }
        return NamePattern(text)
    }

    /// What a rule, a set or a quota is called.
    mutating func label(_ node: Node, _ what: String) -> String? {
        guard let text = text(node, what, Label.spelling) else { return nil }
        if Label.isSpelled(text) { return text }
        fail(node, "\(what) is \(Self.describe(node)), not \(Label.spelling)")
        return nil
    }

    /// A moment.
    mutating func timestamp(_ node: Node, _ what: String) -> Timestamp? {
        guard let text = text(node, what, Timestamp.iso8601Spelling) else { return nil }
        if let timestamp = Timestamp(iso8601: text) { return timestamp }
        fail(node, "\(what) is \(Self.describe(node)), not \(Timestamp.iso8601Spelling), from 1970 to 9999")
        return nil
    }

    /// Container formats, each once.
    mutating func formats(_ node: Node, _ what: String) -> [RecordFormat]? {
        guard let elements = elements(of: node, what, of: "mp4, flv and m3u8") else { return nil }
        guard !elements.isEmpty else {
            fail(node, "\(what) is an empty list; leave it out to keep the formats of the platform's template")
            return nil
        }
        var formats: [RecordFormat] = []
        for element in elements {
            guard let format = choice(element, "a format", of: RecordFormat.self) else { continue }
            if formats.contains(format) {
                fail(element, "\(what) has \(format.rawValue) twice")
            } else {
                formats.append(format)
            }
        }
        return formats
    }

    /// What there is at a node, cut short and safe to show in a terminal.
    static func describe(_ node: Node) -> String {
        switch node {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .scalar(let scalar):
            if scalar.string.isEmpty { return "empty" }
            return "\"\(shown(scalar.string))\""
        case .alias: return "an alias"
        }
    }

    /// A text cut short, without what would steer a terminal.
    static func shown(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(60).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: String(scalar)
            }
        }
        return shown.joined() + (text.unicodeScalars.count > 60 ? "..." : "")
    }
}
