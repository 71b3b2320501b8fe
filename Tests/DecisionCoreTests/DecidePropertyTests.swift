import DecisionCore
import Testing

/// What holds for any set of rules, tried on many that are drawn at random.
@Suite struct DecidePropertyTests {
    private static let runs = 2_000

    /// Few names and priorities, so that rules compete often.
    private static func rules(using random: inout SeededGenerator) -> [Rule] {
        (0..<Int.random(in: 0...12, using: &random)).map { number in
            Rule.example(
                Int64(number),
                priority: Int.random(in: -1...1, using: &random),
                domain: ["*", "test.com", "other.com"].randomElement(using: &random)!,
                app: ["*", "test123", "other"].randomElement(using: &random)!,
                stream: ["*", "teststream", "other"].randomElement(using: &random)!,
                Bool.random(using: &random) ? .skip : .record(.template)
            )
        }
    }

    @Test func `The decision does not depend on the order that the rules are read in`() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<Self.runs {
            let rules = Self.rules(using: &random)
            let expected = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
            for _ in 0..<3 {
                let shuffled = rules.shuffled(using: &random)
                #expect(decide(.example(), Facts(revision: 1, rules: shuffled), now: .example) == expected)
            }
        }
    }

    @Test func `Of any two rules exactly one comes first, and the winner comes before all that match`() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<Self.runs {
            let rules = Self.rules(using: &random)
            for left in rules {
                for right in rules where left.id < right.id {
                    #expect((left.precedence(over: right) == nil) != (right.precedence(over: left) == nil))
                }
            }
            let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
            let matching = rules.filter { $0.unmetCondition(for: .example()) == nil }
            switch decision.reason {
            case .noRuleMatches:
                #expect(matching.isEmpty)
            case .rule(let id):
                let winner = matching.first { $0.id == id }
                #expect(matching.allSatisfy { $0.id == id || winner?.precedence(over: $0) != nil })
            }
        }
    }

    @Test func `Every rule is the winner or a loser, and none is both`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<Self.runs {
            let rules = Self.rules(using: &random)
            let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
            var named = decision.losingRules.map(\.id)
            if case .rule(let id) = decision.reason { named.append(id) }
            #expect(named.sorted() == rules.map(\.id))
        }
    }

    @Test func `A rule that does not match changes nothing but the list of losers`() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<Self.runs {
            let rules = Self.rules(using: &random)
            let other = Rule.example(100, priority: 1_000, domain: "elsewhere.com", .record(.template))
            var expected = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
            expected.losingRules.append(.init(id: other.id, reason: .unmet(.domain)))
            #expect(decide(.example(), Facts(revision: 1, rules: [other] + rules), now: .example) == expected)
        }
    }
}
