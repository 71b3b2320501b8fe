import DecisionCore
import Testing

@Suite struct RulePrecedenceTests {
    private static let record = Rule.Effect.record(.template)

    /// The platform's own order, stream, application, domain, all, from the narrowest to the widest, with a glob
    /// between a name and any name.
    private static let levels: [(domain: String, app: String, stream: String)] =
        ["test123", "test*", "*"].flatMap { app in
            ["teststream", "*stream", "*"].flatMap { stream in
                ["test.com", "*.com", "*"].map { domain in (domain, app, stream) }
            }
        }

    @Test func `The levels of names and any names are those that are documented`() {
        let globs = ["test*", "*stream", "*.com"]
        let documented = Self.levels.filter { ![$0.domain, $0.app, $0.stream].contains(where: globs.contains) }
        #expect(
            documented.map { "\($0.domain) \($0.app) \($0.stream)" } == [
                "test.com test123 teststream",
                "* test123 teststream",
                "test.com test123 *",
                "* test123 *",
                "test.com * teststream",
                "* * teststream",
                "test.com * *",
                "* * *",
            ]
        )
    }

    @Test func `The narrower of two rules wins, on all 27 levels`() {
        for (narrow, narrower) in Self.levels.enumerated() {
            for wider in Self.levels[(narrow + 1)...] {
                // The wider rule has everything else for it: it is older, and it says skip.
                let winner = Rule.example(
                    2,
                    domain: narrower.domain,
                    app: narrower.app,
                    stream: narrower.stream,
                    Self.record
                )
                let loser = Rule.example(1, domain: wider.domain, app: wider.app, stream: wider.stream)
                #expect(winner.precedence(over: loser) == .specificity, "\(narrower) before \(wider)")
                #expect(loser.precedence(over: winner) == nil, "\(narrower) before \(wider)")
            }
        }
        #expect(
            Set(Self.levels.map { Rule.example(1, domain: $0.domain, app: $0.app, stream: $0.stream).specificity })
                .count == 27
        )
    }

    /// Two rules for the same event, and why the first comes before the second.
    private static let pairs: [(Rule, Rule, Rule.Precedence)] = [
        (
            .example(2, priority: 1, record),
            .example(1, priority: 0, domain: "test.com", app: "test123", stream: "teststream"),
            .priority
        ),
        (.example(2, priority: 0, record), .example(1, priority: -1), .priority),
        (.example(2, priority: 1_000_000, record), .example(1, priority: 999_999), .priority),
        (.example(2, app: "test123", record), .example(1, domain: "test.com", stream: "teststream"), .specificity),
        (.example(2, stream: "teststream", record), .example(1, domain: "test.com"), .specificity),
        (.example(2, stream: "teststream", record), .example(1, domain: "test.com", stream: "test*"), .specificity),
        (.example(2, domain: "*.com", record), .example(1, domain: "**"), .specificity),
        (.example(2), .example(1, record), .skipBeforeRecord),
        (.example(2, priority: 7, app: "test123"), .example(1, priority: 7, app: "test123", record), .skipBeforeRecord),
        (.example(2, stream: "*"), .example(1, stream: "**", record), .skipBeforeRecord),
        (.example(1), .example(2), .age),
        (.example(1, record), .example(2, record), .age),
        (.example(-1), .example(0), .age),
        // A longer glob is not narrower: what it stands for may well be more.
        (.example(1, stream: "?*"), .example(2, stream: "teststrea?"), .age),
    ]

    @Test(arguments: pairs)
    func `A rule comes before another for one reason, and never the other way round`(
        winner: Rule,
        loser: Rule,
        reason: Rule.Precedence
    ) {
        #expect(winner.precedence(over: loser) == reason)
        #expect(loser.precedence(over: winner) == nil)
        for rules in [[winner, loser], [loser, winner]] {
            let decision = decide(.example(), Facts(revision: 1, rules: rules), now: .example)
            #expect(decision.reason == .rule(winner.id))
            #expect(decision.losingRules == [.init(id: loser.id, reason: .preceded(reason))])
        }
    }

    @Test func `What else a rule says has no say in which one wins`() throws {
        let plan = try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])
        #expect(Rule.example(1, .record(plan)).precedence(over: .example(2, Self.record)) == .age)
        #expect(Rule.example(1, Self.record).precedence(over: .example(2, .record(plan))) == .age)
        var narrow = Rule.example(2, quota: "gold", Self.record)
        narrow.codec = .h264
        narrow.bitrate = BitrateRange(minimum: 2_000, maximum: 2_000)
        narrow.share = StreamShare(basisPoints: 1)
        #expect(narrow.precedence(over: .example(1, Self.record)) == nil)
        #expect(Rule.example(1, Self.record).precedence(over: narrow) == .age)
    }

    @Test func `No rule comes before itself`() {
        let rule = Rule.example(1, Self.record)
        #expect(rule.precedence(over: rule) == nil)
    }
}
