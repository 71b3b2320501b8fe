import DecisionCore
import Testing

@Suite struct DecideTests {
    @Test func `Without rules nothing is recorded, and the decision says so`() {
        let decision = decide(.example(), Facts(revision: 7, rules: []), now: .example)
        #expect(decision == Decision(verdict: .skip, reason: .noRuleMatches, revision: 7, decidedAt: .example))
        #expect(decision.winner == nil)
    }

    @Test func `A rule that records hands on its plan`() throws {
        let plan = try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])
        let rules: [Rule] = [.example(1, domain: "test.com", app: "test123", .record(plan))]
        let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
        #expect(decision.verdict == .record(plan))
        #expect(decision.reason == .rule(1))
        #expect(decision.winner == 1)
        #expect(decision.losingRules.isEmpty)
    }

    @Test func `A rule that skips wins as itself, not as the default`() {
        let decision = decide(.example(), Facts(revision: 1, rules: [.example(1)]), now: .example)
        #expect(decision.verdict == .skip)
        #expect(decision.reason == .rule(1))
    }

    @Test func `The decision stands on the revision, the clocks and the moment that it was given`() {
        let now = Timestamp(millisecondsSinceEpoch: 42)
        let facts = Facts(revision: 9, rules: [.example(1)], utcOffsets: ["Europe/Berlin": 3_600, "UTC": 0])
        let decision = decide(.example(), facts, now: now)
        #expect(decision.revision == 9)
        #expect(decision.utcOffsets == ["Europe/Berlin": 3_600, "UTC": 0])
        #expect(decision.decidedAt == now)
        #expect(decision.facts(rules: facts.rules) == facts)
    }

    @Test func `A rule holds from its first moment until its last, and on in the next week`() throws {
        var rule = Rule.example(1, .record(.template))
        rule.schedule = WeeklySchedule(
            timeZone: "Asia/Shanghai",
            windows: [try #require(WeeklySchedule.Window("wed 06:13-06:14"))]
        )
        let facts = Facts(revision: 1, rules: [rule], utcOffsets: ["Asia/Shanghai": 28_800])
        for (seconds, verdict) in [(-21, .skip), (-20, .record(.template)), (39, .record(.template)), (40, .skip)]
            as [(Int, Decision.Verdict)]
        {
            for week in 0...1 {
                let now = Timestamp.example.advanced(by: .seconds(seconds + week * 7 * 86_400))
                #expect(decide(.example(), facts, now: now).verdict == verdict, "\(seconds) s, week \(week)")
            }
        }
    }

    @Test func `Bit rate, codec and anomalies cost no recording unless a rule asks for them`() {
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
        #expect(
            decision.losingRules == [
                .init(id: 1, reason: .unmet(UnmetCondition(.domain, demanded: "test.com", found: "*")))
            ]
        )
    }
}
