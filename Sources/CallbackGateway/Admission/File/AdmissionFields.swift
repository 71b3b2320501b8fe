internal import Yams

/// Reads single values out of a document's tree and notes what is wrong with them, without showing any.
struct AdmissionFields {
    private(set) var problems: [AdmissionFileError.Problem] = []

    /// Notes what is wrong at a node.
    mutating func fail(_ node: Node, _ message: String) {
        problems.append(.init(line: node.mark?.line ?? 1, message: message))
    }

    /// The members of a mapping by their keys; none when it is no mapping.
    ///
    /// - Parameter keys: The keys that it may have.
    mutating func members(of node: Node, _ path: String, keys: [String]) -> [String: Node] {
        guard let mapping = node.mapping else {
            fail(node, "\(path) must be a mapping of \(keys.joined(separator: ", "))")
            return [:]
        }
        var members: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            if keys.contains(name) {
                members[name] = value
            } else {
                // A secret may stand where a key should.
                let shown = Self.isWord(name) ? " \"\(name)\"" : ""
                fail(key, "\(path) has an unknown key\(shown); there are \(keys.joined(separator: ", "))")
            }
        }
        return members
    }

    /// The texts of a list, with their nodes.
    ///
    /// - Parameters:
    ///   - what: What it lists, for messages.
    ///   - count: How many there may be.
    mutating func texts(
        _ node: Node,
        _ path: String,
        _ what: String,
        count: ClosedRange<Int>
    ) -> [(text: String, node: Node)] {
        guard let sequence = node.sequence, count.contains(sequence.count) else {
            fail(node, "\(path) must be a list of \(count.lowerBound) to \(count.upperBound) \(what)")
            return []
        }
        return sequence.map { element in
            if element.scalar == nil { fail(element, "\(path) must be a list of \(what)") }
            return (element.scalar?.string ?? "", element)
        }
    }

    /// One of a few words.
    mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ node: Node,
        _ path: String,
        of type: Value.Type
    ) -> Value? {
        if let value = node.scalar.flatMap({ Value(rawValue: $0.string) }) { return value }
        fail(node, "\(path) must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    /// `true` or `false`.
    mutating func flag(_ node: Node, _ path: String) -> Bool {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default:
            fail(node, "\(path) must be true or false")
            return false
        }
    }

    /// Whether a text is a short word of letters, which no key and no secret is.
    private static func isWord(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && $0.isLetter }
    }
}
