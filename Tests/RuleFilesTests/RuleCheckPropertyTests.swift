import DecisionCore
import Testing

@testable import RuleFiles

/// What holds for any rules, tried on many sets that are drawn at random from a small world.
@Suite struct RuleCheckPropertyTests {
    private static func findings(_ entries: [RuleEntry]) -> [RuleFinding] {
        RuleCheck(entries, now: SmallWorld.start).findings()
    }

    @Test func `A rule that is called unreachable wins no decision, and its winner matches whenever it does`() {
        var draw = Draw(seed: 1)
        var unreachable = 0
        var occasions = 0
        for _ in 0..<200 {
            let entries = draw.smallRules(14)
            let never = Self.findings(entries).filter { $0.code == .unreachable }
            unreachable += never.count
            let facts = Facts(revision: 1, rules: entries.map(\.rule), utcOffsets: SmallWorld.utcOffsets)
            for _ in 0..<80 {
                let (event, now) = (draw.smallEvent(), draw.element(SmallWorld.moments))
                func matches(_ index: Int?) -> Bool {
                    guard let index else { return false }
                    let unmet = entries[index].rule.unmetCondition(for: event, at: now, utcOffsets: facts.utcOffsets)
                    return unmet == nil
                }
                let winner = decide(event, facts, now: now).winner
                for finding in never where matches(finding.index) {
                    occasions += 1
                    #expect(winner?.rawValue != finding.index.map { Int64($0 + 1) }, "\(finding.message)")
                    #expect(matches(finding.otherIndex), "\(finding.message)")
                }
            }
        }
        #expect(unreachable > 300)
        #expect(occasions > 1_000)
    }

    @Test func `Looking rules up finds what comparing every rule with every other one finds`() {
        var draw = Draw(seed: 2)
        var unreachable = 0
        var contradictions = 0
        for _ in 0..<300 {
            let entries = draw.smallRules(30)
            let naive = NaiveComparison(entries)
            let findings = Self.findings(entries)
            let (never, contrary) = (pairs(findings, .unreachable), pairs(findings, .contradiction))
            #expect(never == naive.unreachable)
            #expect(contrary == naive.contradictions)
            unreachable += never.count
            contradictions += contrary.count
            // The same rules are told the same, whatever order dictionaries have today.
            #expect(Self.findings(entries) == findings)
        }
        #expect(unreachable > 1_000)
        #expect(contradictions > 500)
    }

    /// Which other rule a finding is about, by the rule that it is told of.
    private func pairs(_ findings: [RuleFinding], _ code: RuleFinding.Code) -> [Int: Int] {
        var pairs: [Int: Int] = [:]
        for finding in findings where finding.code == code {
            guard let index = finding.index, let other = finding.otherIndex else { continue }
            #expect(pairs.updateValue(other, forKey: index) == nil)
        }
        return pairs
    }

    @Test func `A contradiction has a stream that both rules match, of which the named one wins`() throws {
        var draw = Draw(seed: 3)
        var contradictions = 0
        for _ in 0..<600 {
            let entries = draw.smallRules(14, timesAndShares: false)
            for finding in Self.findings(entries) where finding.code == .contradiction {
                contradictions += 1
                let loser = entries[try #require(finding.index)].rule
                let winner = entries[try #require(finding.otherIndex)].rule
                #expect(loser.effect != winner.effect || loser.quota != winner.quota)
                let (event, now) = try #require(Witness(loser, winner), "\(finding.message)").occasion
                #expect(loser.unmetCondition(for: event, at: now) == nil)
                #expect(decide(event, Facts(revision: 1, rules: [loser, winner]), now: now).winner == winner.id)
            }
        }
        #expect(contradictions > 300)
    }

    @Test func `Rules that have no such stream are not said to contradict each other`() {
        var draw = Draw(seed: 4)
        var (apart, together) = (0, 0)
        for _ in 0..<1_500 {
            let entries = draw.smallRules(2, timesAndShares: false)
            guard entries.allSatisfy(\.rule.isEnabled) else { continue }
            if Witness(entries[0].rule, entries[1].rule) == nil {
                apart += 1
                #expect(Self.findings(entries).allSatisfy { $0.code != .contradiction && $0.code != .unreachable })
            } else {
                together += 1
            }
        }
        #expect(apart > 200)
        #expect(together > 200)
    }
}

/// A stream and a moment that two rules both match, found by going through the small world.
private struct Witness {
    let occasion: (StreamEvent, Timestamp)

    /// Nil when there is none.
    init?(_ left: Rule, _ right: Rule) {
        func name(_ names: [String], _ pattern: KeyPath<Rule, NamePattern>) -> String? {
            names.first { left[keyPath: pattern].matches($0) && right[keyPath: pattern].matches($0) }
        }
        // Patterns of up to three letters and wildcards meet in a name of up to six letters, if in any.
        guard let domain = name(SmallWorld.domains, \.domain), let app = name(Self.names, \.app),
            let stream = name(Self.names, \.stream),
            let codec = SmallWorld.codecs.first(where: { codec in
                [left, right].allSatisfy { $0.codec == nil || $0.codec == codec }
            }),
            let bitrate = SmallWorld.bitrates.first(where: { bitrate in
                [left, right].allSatisfy { $0.bitrate?.contains(bitrate) ?? true }
            }),
            let now = SmallWorld.moments.first(where: { left.validity.contains($0) && right.validity.contains($0) })
        else { return nil }
        let event = SmallWorld.event(domain: domain, app: app, stream: stream, bitrate: bitrate, codec: codec)
        occasion = (event, now)
    }

    private static let names = SmallWorld.names(upTo: 6)
}

/// What is said of rules beside others, by looking at all pairs.
private struct NaiveComparison {
    /// The strongest rule that has precedence everywhere, by the rule that never wins.
    private(set) var unreachable: [Int: Int] = [:]
    /// The strongest rule of the same rank that says something else, by the one that loses to it.
    private(set) var contradictions: [Int: Int] = [:]

    init(_ entries: [RuleEntry]) {
        var shapes: [[UInt8]: PatternShape] = [:]
        let rules = entries.enumerated().filter(\.element.rule.isEnabled)
            .map { ComparedRule($0.element, at: $0.offset, shapes: &shapes) }
        for rule in rules {
            unreachable[rule.index] = Self.strongest(of: rules) { other in
                other.rule.precedence(over: rule.rule) != nil && other.contains(rule)
            }
        }
        let reachable = rules.filter { unreachable[$0.index] == nil }
        for rule in reachable {
            contradictions[rule.index] = Self.strongest(of: reachable) { other in
                (other.rule.priority, other.rule.specificity) == (rule.rule.priority, rule.rule.specificity)
                    && (other.rule.effect, other.rule.quota) != (rule.rule.effect, rule.rule.quota)
                    && other.rule.precedence(over: rule.rule) != nil && other.overlaps(rule)
            }
        }
    }

    private static func strongest(of rules: [ComparedRule], where isMeant: (ComparedRule) -> Bool) -> Int? {
        rules.filter(isMeant).max { $1.rule.precedence(over: $0.rule) != nil }?.index
    }
}
