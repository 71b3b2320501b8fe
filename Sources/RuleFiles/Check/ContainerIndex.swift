internal import DecisionCore

/// Finds, among many rules, the few whose patterns may match all that a rule's patterns match.
///
/// A pattern that contains another fixes a part of what the other fixes: the whole name, a beginning, an end, some
/// letters in the middle, or nothing that could be looked up. So the rules are sorted by what each of their three
/// patterns fixes, and a rule is looked up once for each way of fixing that is in use; for letters in the middle, once for
/// each place where it has as many.
struct ContainerIndex {
    /// How much of a name a pattern fixes.
    private enum Fixing: Hashable {
        case nothing
        case all
        case head(Int)
        case tail(Int)
        case middle(Int)
    }

    /// More letters tell no more apart, and make more ways.
    private static let longestMiddle = 24

    /// What is fixed: the scalars of each of the three names, all in one.
    private typealias Key = [UInt32]

    private var tables: [[Fixing]: [Key: [Int]]] = [:]

    init(_ rules: [ComparedRule]) {
        for (place, rule) in rules.enumerated() {
            let fixings = Self.fixings(of: rule)
            guard let key = Self.keys(of: rule, fixings).first else { continue }
            tables[fixings, default: [:]][key, default: []].append(place)
        }
    }

    /// The places of the rules that may contain a rule, in the order in which they were given for each way of fixing.
    func candidates(for rule: ComparedRule, _ body: (Int) -> Void) {
        for (fixings, table) in tables {
            for key in Self.keys(of: rule, fixings) {
                for place in table[key] ?? [] { body(place) }
            }
        }
    }

    private static func fixings(of rule: ComparedRule) -> [Fixing] {
        var fixings = rule.names.map(fixing)
        // The middle of one name at most, of the one that has most there: the places in several would multiply.
        let middle = fixings.indices.filter { fixings[$0] == .nothing }
            .max { rule.names[$0].longestPart.count < rule.names[$1].longestPart.count }
        if let middle, !rule.names[middle].longestPart.isEmpty {
            fixings[middle] = .middle(min(rule.names[middle].longestPart.count, longestMiddle))
        }
        return fixings
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

    /// What a rule has where others fix something: its own key comes first where it is one of those. None when a name of
    /// the rule does not fix as much.
    private static func keys(of rule: ComparedRule, _ fixings: [Fixing]) -> [Key] {
        var keys: [Key] = [[]]
        for (shape, fixing) in zip(rule.names, fixings) {
            switch fixing {
            case .nothing: break
            case .all:
                guard shape.breadth == .exact else { return [] }
                append(shape.head, to: &keys)
            case .head(let count):
                guard shape.head.count >= count else { return [] }
                append(shape.head.prefix(count), to: &keys)
            case .tail(let count):
                guard shape.tail.count >= count else { return [] }
                append(shape.tail.suffix(count), to: &keys)
            case .middle(let count):
                guard shape.longestPart.count >= count else { return [] }
                let key = keys[0]
                keys = [key + shape.longestPart.suffix(count)]
                var seen: Set<ArraySlice<UInt32>> = [shape.longestPart.suffix(count)]
                shape.parts(of: count) { if seen.insert($0).inserted { keys.append(key + $0) } }
            }
            // No scalar: keeps apart what belongs to different names.
            append([.max], to: &keys)
        }
        return keys
    }

    private static func append(_ scalars: ArraySlice<UInt32>, to keys: inout [Key]) {
        for index in keys.indices { keys[index] += scalars }
    }
}
