internal import DecisionCore

/// What parts of the three names a rule fixes for its lookup, as `needrecord.rule_lookup` says it: a decision looks once
/// for each shape that is in use. See docs/decisions/0011.
struct LookupShape: Hashable {
    /// Of domain, app and stream: `*` nothing, `=` the whole name, `<5` so many characters at its beginning, `>4` at its
    /// end, `~8` anywhere, `?` nothing that could be looked up.
    let names: [String]

    init(_ rule: Rule) {
        // Only a stream is looked for in the middle of its name.
        names = [
            Self.shape(of: rule.domain, withMiddle: false), Self.shape(of: rule.app, withMiddle: false),
            Self.shape(of: rule.stream, withMiddle: true),
        ]
    }

    private static func shape(of pattern: NamePattern, withMiddle: Bool) -> String {
        guard pattern.breadth != .any else { return pattern.text == "*" ? "*" : "?" }
        guard pattern.breadth == .glob else { return "=" }
        let shape = PatternShape(pattern)
        let (head, tail, middle) = (shape.head.count, shape.tail.count, shape.longestPart.count)
        if head > 0, head >= tail { return "<\(head)" }
        if tail > 0 { return ">\(tail)" }
        return withMiddle && middle >= 3 ? "~\(min(middle, 8))" : "?"
    }
}

/// Whether the rules of a set have so many shapes that decisions are slow.
struct LookupShapes {
    /// How many are still fine: a look takes one to two microseconds of the database.
    static let limit = 48

    private let shapes: Set<LookupShape>

    init(_ entries: [RuleEntry]) {
        shapes = Set(entries.map { LookupShape($0.rule) })
    }

    func findings() -> [RuleFinding] {
        guard shapes.count > Self.limit else { return [] }
        let places = ["domain", "app", "stream"].enumerated().map { index, name in
            "\(Set(shapes.map { $0.names[index] }).count) of the \(name)"
        }
        let message =
            "the patterns have \(shapes.count) shapes (\(places.joined(separator: ", "))), and every decision looks for "
            + "each of them: let globs begin or end with letters of few different numbers, at few places"
        return [RuleFinding(.manyShapes, at: nil, message)]
    }
}
