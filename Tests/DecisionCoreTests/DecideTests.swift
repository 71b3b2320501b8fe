import DecisionCore
import Testing

@Suite struct DecideTests {
    @Test func `Without rules nothing is recorded, and the decision says so`() {
        let decision = decide(.example(), Facts(revision: 7, rules: []), now: .example)
        #expect(decision == Decision(verdict: .skip, reason: .noRuleMatches, revision: 7, decidedAt: .example))
    }

    @Test func `A rule that records hands on its plan`() throws {
        let plan = try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])
        let rules: [Rule] = [.example(1, domain: "test.com", app: "test123", .record(plan))]
        let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
        #expect(decision.verdict == .record(plan))
        #expect(decision.reason == .rule(1))
        #expect(decision.losingRules.isEmpty)
    }

    @Test func `A rule that skips wins as itself, not as the default`() {
        let decision = decide(.example(), Facts(revision: 1, rules: [.example(1)]), now: .example)
        #expect(decision.verdict == .skip)
        #expect(decision.reason == .rule(1))
    }

    @Test func `Every rule that loses is there by number, with the first condition it misses or what beat it`() {
        let rules: [Rule] = [
            .example(6, .record(.template)),
            .example(5, domain: "other.com", app: "other", stream: "other"),
            .example(4, domain: "test.com", app: "other", stream: "other"),
            .example(3, domain: "test.com", app: "test123", stream: "other"),
            .example(2, domain: "test.com", app: "test123", .record(.template)),
            .example(1, priority: -1, domain: "test.com", app: "test123", stream: "teststream"),
        ]
        let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
        #expect(decision.reason == .rule(2))
        #expect(
            decision.losingRules == [
                .init(id: 1, reason: .preceded(.priority)),
                .init(id: 3, reason: .unmet(.stream)),
                .init(id: 4, reason: .unmet(.app)),
                .init(id: 5, reason: .unmet(.domain)),
                .init(id: 6, reason: .preceded(.specificity)),
            ]
        )
    }

    @Test func `When no rule matches, each one says why`() {
        let rules: [Rule] = [.example(2, app: "other"), .example(1, stream: "other", .record(.template))]
        let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
        #expect(decision.reason == .noRuleMatches)
        #expect(
            decision.losingRules == [.init(id: 1, reason: .unmet(.stream)), .init(id: 2, reason: .unmet(.app))]
        )
    }

    @Test func `The decision stands on the revision and the clock that it was given`() {
        let now = Timestamp(millisecondsSinceEpoch: 42)
        let decision = decide(.example(), Facts(revision: 9, rules: [.example(1)]), now: now)
        #expect(decision.revision == 9)
        #expect(decision.decidedAt == now)
    }

    @Test func `Bit rate, codec and anomalies cost no recording`() {
        var event = StreamEvent.example()
        event.bitrate = nil
        event.codec = nil
        event.anomalies = EventAnomaly.allCases
        let facts = Facts(revision: 1, rules: [.example(1, .record(.template))])
        #expect(decide(event, facts, now: .example).verdict == .record(.template))
    }

    @Test func `A callback whose name is an asterisk is matched by the rules for any name, and by no named one`() {
        let event = StreamEvent.example(domain: "*", app: "*", stream: "*")
        let named = Rule.example(1, domain: "test.com")
        let any = Rule.example(2, .record(.template))
        let decision = decide(event, Facts(revision: 1, rules: [named, any]), now: .example)
        #expect(decision.reason == .rule(2))
        #expect(decision.losingRules == [.init(id: 1, reason: .unmet(.domain))])
    }
}
