internal import DecisionCore

/// The members of a selection as they are read, before it is known whether they make one.
struct ReplaySelectionFields {
    private var source: String?
    private var texts: [String: String] = [:]
    private var numbers: [String: Int64] = [:]
    private var causes: [String] = []

    init() {}

    /// Reads a selection that is an object of its own.
    init(from reader: inout JSONReader) throws(JSONError) {
        try reader.readObject { (reader, name) throws(JSONError) in try read(name, from: &reader) }
    }

    mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "source": source = try reader.readString()
        case "domain", "app", "stream": texts[name] = try reader.readString()
        case "from", "to", "from_offset", "to_offset", "rule": numbers[name] = try reader.readInteger()
        case "causes": try reader.readArray { reader throws(JSONError) in causes.append(try reader.readString()) }
        default: try reader.skipValue()
        }
    }

    func selection() throws(WireError) -> ReplaySelection {
        guard let source = ReplaySelection.Source(rawValue: try Schema.require(source, "source")) else {
            throw WireError(.invalidField, "source")
        }
        var selection = ReplaySelection(source: source, span: try span())
        selection.domain = try pattern("domain")
        selection.app = try pattern("app")
        selection.stream = try pattern("stream")
        let known = Outcome.Cause.names + [ReplaySelection.unanswered]
        guard causes.allSatisfy(known.contains) else { throw WireError(.invalidField, "causes") }
        selection.causes = Set(causes)
        selection.rule = numbers["rule"].map(Rule.ID.init(rawValue:))
        return selection
    }

    private func span() throws(WireError) -> ReplaySelection.Span {
        if let from = numbers["from_offset"] {
            let to = try Schema.require(numbers["to_offset"], "to_offset")
            guard from >= 0, from <= to else { throw WireError(.invalidField, "to_offset") }
            return .offsets(from..<to)
        }
        return .time(
            from: Timestamp(millisecondsSinceEpoch: try Schema.require(numbers["from"], "from")),
            to: Timestamp(millisecondsSinceEpoch: try Schema.require(numbers["to"], "to"))
        )
    }

    private func pattern(_ name: String) throws(WireError) -> NamePattern? {
        guard let text = texts[name] else { return nil }
        guard let pattern = NamePattern(text) else { throw WireError(.invalidField, name) }
        return pattern
    }
}
