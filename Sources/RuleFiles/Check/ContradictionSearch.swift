internal import DecisionCore

/// Finds rules of one rank, that is of one priority and equally narrow, which match the same streams and say different
/// things about them.
///
/// Only rules that name the same names exactly, and leave the same ones open, can be of one rank and overlap. Among
/// those that have globs, sorting by what the names begin or end with leaves few pairs to look at.
struct ContradictionSearch {
    private struct Group: Hashable {
        let priority: Int
        let breadths: [NamePattern.Breadth]
        let exact: [ArraySlice<UInt32>]
    }

    /// The strongest first.
    private let rules: [ComparedRule]

    init(_ rules: [ComparedRule]) {
        self.rules = rules
    }

    func findings() -> [RuleFinding] {
        let groups = Dictionary(grouping: rules.indices) { place in
            let names = rules[place].names
            return Group(
                priority: rules[place].rule.priority,
                breadths: names.map(\.breadth),
                exact: names.filter { $0.breadth == .exact }.map(\.head)
            )
        }
        return groups.values.flatMap(findings)
    }

    private func findings(among group: [Int]) -> [RuleFinding] {
        guard Set(group.map { Saying(rules[$0].rule) }).count > 1 else { return [] }
        // For each loser the strongest winner, and how many more there are.
        var winners: [Int: (first: Int, more: Int)] = [:]
        pairs(of: group) { left, right in
            let (winner, loser) = (min(left, right), max(left, right))
            guard Saying(rules[winner].rule) != Saying(rules[loser].rule), rules[winner].overlaps(rules[loser]) else {
                return
            }
            if let known = winners[loser] {
                winners[loser] = (min(known.first, winner), known.more + 1)
            } else {
                winners[loser] = (winner, 0)
            }
        }
        return winners.map { loser, winner in finding(loser, winner.first, more: winner.more) }
    }

    /// Goes through all pairs that may overlap by the glob that tells most: of the stream, else of the app or domain.
    private func pairs(of group: [Int], _ body: (Int, Int) -> Void) {
        guard let name = [2, 1, 0].first(where: { rules[group[0]].names[$0].breadth == .glob }) else {
            return pairs(group[...], where: { _, _ in true }, body)
        }
        // Of what the globs begin with and what they end with, backwards, the one that tells more of them apart.
        let heads = group.map { Array(rules[$0].names[name].head) }
        let tails = group.map { Array(rules[$0].names[name].tail.reversed()) }
        let keys = Set(heads).count >= Set(tails).count ? heads : tails
        let sorted = group.indices.sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }
        // What overlaps with a key begins with it, or the other way around: then it comes next, without a gap.
        pairs(sorted[...], where: { keys[$1].starts(with: keys[$0]) }, { body(group[$0], group[$1]) })
    }

    private func pairs(_ places: ArraySlice<Int>, where goesOn: (Int, Int) -> Bool, _ body: (Int, Int) -> Void) {
        for (offset, place) in places.enumerated() {
            for other in places.dropFirst(offset + 1) {
                guard goesOn(place, other) else { break }
                body(place, other)
            }
        }
    }

    private func finding(_ loser: Int, _ winner: Int, more: Int) -> RuleFinding {
        let (loser, winner) = (rules[loser], rules[winner])
        let reason = winner.rule.precedence(over: loser.rule)?.words ?? ""
        let others = more == 0 ? "" : "; so do \(more) more"
        let message =
            "\(loser.label) and \(winner.label) are of the same rank, can match the same streams and say different "
            + "things: \(winner.label) wins (\(reason))\(others)"
        return RuleFinding(.contradiction, at: loser.index, other: winner.index, message)
    }

    /// What a rule says about the streams that it matches.
    private struct Saying: Hashable {
        let effect: Rule.Effect
        let quota: String?

        init(_ rule: Rule) {
            effect = rule.effect
            quota = rule.quota
        }
    }
}
