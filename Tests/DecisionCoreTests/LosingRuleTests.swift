import DecisionCore
import Testing

@Suite struct LosingRuleTests {
    private static func unmet(
        _ id: Rule.ID,
        _ condition: Rule.Condition,
        demanded: String,
        found: String
    ) -> Decision.LosingRule {
        .init(id: id, reason: .unmet(UnmetCondition(condition, demanded: demanded, found: found)))
    }

    @Test func `First come those that match, the strongest first, then the others by number`() {
        let rules: [Rule] = [
            .example(9, domain: "other.com", app: "other", stream: "other"),
            .example(8, priority: -1, .record(.template)),
            .example(7, stream: "test*", .record(.template)),
            .example(6, domain: "test.com", app: "other", stream: "other"),
            .example(5, domain: "test.com", app: "test123", .record(.template)),
            .example(4, domain: "test.com", app: "test123"),
            .example(3, priority: 1, domain: "test.com", app: "test123", stream: "other"),
            .example(2, priority: -1, domain: "test.com", app: "test123", stream: "teststream"),
            .example(1, domain: "test.com", app: "test123", .record(.template)),
        ]
        let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
        #expect(decision.reason == .rule(4))
        #expect(
            decision.losingRules == [
                .init(id: 1, reason: .preceded(.skipBeforeRecord)),
                .init(id: 5, reason: .preceded(.skipBeforeRecord)),
                .init(id: 7, reason: .preceded(.specificity)),
                .init(id: 2, reason: .preceded(.priority)),
                .init(id: 8, reason: .preceded(.priority)),
                Self.unmet(3, .stream, demanded: "other", found: "teststream"),
                Self.unmet(6, .app, demanded: "other", found: "test123"),
                Self.unmet(9, .domain, demanded: "other.com", found: "test.com"),
            ]
        )
        #expect(decision.omittedLosingRules == 0)
    }

    @Test func `When no rule matches, each one says why`() {
        var disabled = Rule.example(3, .record(.template))
        disabled.isEnabled = false
        let rules: [Rule] = [.example(2, app: "other"), disabled, .example(1, stream: "other", .record(.template))]
        let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
        #expect(decision.reason == .noRuleMatches)
        #expect(
            decision.losingRules == [
                Self.unmet(1, .stream, demanded: "other", found: "teststream"),
                Self.unmet(2, .app, demanded: "other", found: "test123"),
                Self.unmet(3, .enabled, demanded: "enabled", found: "not enabled"),
            ]
        )
    }

    @Test(arguments: [(100, 0), (101, 1), (350, 250)])
    func `A hundred are named and the others counted`(losers: Int, omitted: Int) {
        let rules = (0...losers).map { Rule.example(Int64($0)) }
        let decision = decide(.example(), Facts(revision: 1, rules: rules.reversed()), now: .example)
        #expect(decision.reason == .rule(0))
        #expect(decision.losingRules.map(\.id.rawValue) == Array(1...100))
        #expect(decision.losingRules.allSatisfy { $0.reason == .preceded(.age) })
        #expect(decision.omittedLosingRules == omitted)
    }

    @Test func `Those that match are named before those that do not`() {
        let other = (1...90).map { Rule.example(Int64($0), stream: "other") }
        let matching = (91...150).map { Rule.example(Int64($0)) }
        let decision = decide(.example(), Facts(revision: 1, rules: other + matching), now: .example)
        #expect(decision.reason == .rule(91))
        #expect(decision.losingRules.map(\.id.rawValue) == Array(92...150) + Array(1...41))
        #expect(decision.omittedLosingRules == 49)
    }

    @Test func `Without a winner they are counted too`() {
        let rules = (1...250).map { Rule.example(Int64($0), stream: "other") }
        let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
        #expect(decision.losingRules.map(\.id.rawValue) == Array(1...100))
        #expect(decision.omittedLosingRules == 150)
    }
}
