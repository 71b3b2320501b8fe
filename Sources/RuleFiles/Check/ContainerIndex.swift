internal import DecisionCore

/// Finds, among many rules, the few whose patterns may match all that a rule's patterns match.
///
/// A pattern that contains another fixes a part of what the other fixes: the whole name, a beginning, an end, or
/// nothing that could be looked up. So the rules are sorted by what each of their three patterns fixes, and a rule is
/// looked up once for each way of fixing that is in use.
struct ContainerIndex {
    /// How much of a name a pattern fixes.
    private enum Fixing: Hashable {
        case nothing
        case all
        case head(Int)
        case tail(Int)
    }

    /// What is fixed: the scalars of each of the three names, all in one.
    private typealias Key = [UInt32]

    private var tables: [[Fixing]: [Key: [Int]]] = [:]

    init(_ rules: [ComparedRule]) {
        for (place, rule) in rules.enumerated() {
            let fixings = rule.names.map(Self.fixing)
            guard let key = Self.key(of: rule, fixings) else { continue }
            tables[fixings, default: [:]][key, default: []].append(place)
        }
    }

    /// The places of the rules that may contain a rule, in the order in which they were given for each way of fixing.
    func candidates(for rule: ComparedRule, _ body: (Int) -> Void) {
        for (fixings, table) in tables {
            guard let key = Self.key(of: rule, fixings) else { continue }
            for place in table[key] ?? [] { body(place) }
        }
    }

    private static func fixing(_ shape: PatternShape) -> Fixing {
        switch shape.breadth {
        case .any: .nothing
        case .exact: .all
        case .glob:
            if !shape.head.isEmpty {
                .head(shape.head.count)
            } else if !shape.tail.isEmpty {
                .tail(shape.tail.count)
            } else {
                .nothing
            }
        }
    }

    /// Nil when a name of the rule does not fix as much.
    private static func key(of rule: ComparedRule, _ fixings: [Fixing]) -> Key? {
        var key: Key = []
        for (shape, fixing) in zip(rule.names, fixings) {
            switch fixing {
            case .nothing: break
            case .all:
                guard shape.breadth == .exact else { return nil }
                key += shape.head
            case .head(let count):
                guard shape.head.count >= count else { return nil }
                key += shape.head.prefix(count)
            case .tail(let count):
                guard shape.tail.count >= count else { return nil }
                key += shape.tail.suffix(count)
            }
            // No scalar: keeps apart what belongs to different names.
            key.append(.max)
        }
        return key
    }
}
