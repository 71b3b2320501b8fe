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
        var winners: [Int: Winners] = [:]
        func meet(_ left: Int, _ right: Int) {
            let (winner, loser) = (min(left, right), max(left, right))
            guard Saying(rules[winner].rule) != Saying(rules[loser].rule), rules[winner].overlaps(rules[loser]) else {
                return
            }
            winners[loser, default: Winners()].add(winner)
        }
        let (open, others) = (group.filter { rules[$0].isOpen }, group.filter { !rules[$0].isOpen })
        pairs(of: others, meet)
        if !open.isEmpty {
            countWinners(among: group.filter { rules[$0].isElastic }, &winners)
            for stiff in others where !rules[stiff].isElastic {
                for place in open { meet(stiff, place) }
            }
        }
        return winners.map { loser, winners in finding(loser, winners) }
    }

    /// Adds what open rules have to do with one another and with elastic ones. Their names always overlap, so they need
    /// not be compared by pairs: only by the kinds of conditions that there are.
    private func countWinners(among elastic: [Int], _ winners: inout [Int: Winners]) {
        var kinds: [Kind: Winners] = [:]
        for place in elastic {
            let rule = rules[place]
            for (kind, these) in kinds where (kind.isOpen || rule.isOpen) && kind.saying != Saying(rule.rule) {
                guard let first = these.first, rules[first].hasOverlappingConditions(with: rule) else { continue }
                winners[place, default: Winners()].add(these)
            }
            kinds[Kind(rule), default: Winners()].add(place)
        }
    }

    /// Goes through all pairs that may overlap by what tells most of them apart: the beginnings or the ends of one of
    /// their names.
    private func pairs(of group: [Int], _ body: (Int, Int) -> Void) {
        guard let first = group.first else { return }
        let keys = [2, 1, 0].filter { rules[first].names[$0].breadth == .glob }.flatMap { name in
            // The ends backwards: they are alike from there.
            [
                group.map { Array(rules[$0].names[name].head) },
                group.map { Array(rules[$0].names[name].tail.reversed()) },
            ]
        }
        guard let keys = keys.max(by: { Set($0).count < Set($1).count }) else {
            return pairs(group[...], where: { _, _ in true }, body)
        }
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

    private func finding(_ loser: Int, _ winners: Winners) -> RuleFinding {
        let (loser, winner) = (rules[loser], rules[winners.first ?? loser])
        let reason = winner.rule.precedence(over: loser.rule)?.words ?? ""
        let others = winners.count == 1 ? "" : "; so do \(winners.count - 1) more"
        let message =
            "\(loser.label) and \(winner.label) are of the same rank, can match the same streams and say different "
            + "things: \(winner.label) wins (\(reason))\(others)"
        return RuleFinding(.contradiction, at: loser.index, other: winner.index, message)
    }

    /// The rules that a rule loses to.
    private struct Winners {
        /// The strongest.
        private(set) var first: Int?
        private(set) var count = 0

        mutating func add(_ place: Int) {
            first = min(first ?? place, place)
            count += 1
        }

        mutating func add(_ others: Winners) {
            first = [first, others.first].compactMap(\.self).min()
            count += others.count
        }
    }

    /// Rules that are alike in all but the names.
    private struct Kind: Hashable {
        let isOpen: Bool
        let saying: Saying
        let codec: VideoCodec?
        let bitrate: BitrateRange?
        let validity: Validity
        let schedule: WeeklySchedule?
        let isForNone: Bool

        init(_ rule: ComparedRule) {
            isOpen = rule.isOpen
            saying = Saying(rule.rule)
            codec = rule.rule.codec
            bitrate = rule.rule.bitrate
            validity = rule.rule.validity
            schedule = rule.rule.schedule
            isForNone = rule.rule.share?.basisPoints == 0
        }
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
