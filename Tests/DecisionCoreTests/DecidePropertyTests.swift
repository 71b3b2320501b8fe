import DecisionCore
import Testing

/// What holds for any event, any facts and any moment, tried on many that are drawn at random.
@Suite struct DecidePropertyTests {
    private static let runs = 2_000

    private static func check(
        seed: UInt64,
        runs: Int = runs,
        _ body: (StreamEvent, Facts, Timestamp, inout Draw) -> Void
    ) {
        var draw = Draw(seed: seed)
        for _ in 0..<runs {
            let (event, now) = (draw.event(), draw.moment())
            body(event, draw.facts(at: now), now, &draw)
        }
    }

    @Test func `The decision is the one that the documented rules lead to step by step`() {
        var reasons: [String: Int] = [:]
        Self.check(seed: 1, runs: 5_000) { event, facts, now, _ in
            let decision = decide(event, facts, now: now)
            #expect(ReferenceDecision(decision) == ReferenceDecision(event, facts, now: now))
            #expect(decision.revision == facts.revision)
            #expect(decision.utcOffsets == facts.utcOffsets)
            #expect(decision.decidedAt == now)
            switch decision.reason {
            case .rule: reasons["\(decision.verdict == .skip ? "skip" : "record")", default: 0] += 1
            case .quotaExhausted: reasons["no room", default: 0] += 1
            case .noRuleMatches: reasons["no rule", default: 0] += 1
            }
            for loser in decision.losingRules {
                switch loser.reason {
                case .unmet(let unmet): reasons[unmet.condition.rawValue, default: 0] += 1
                case .preceded(let precedence): reasons[precedence.rawValue, default: 0] += 1
                }
            }
        }
        // Whatever may happen has happened, and not just once.
        #expect(reasons.count == 4 + 9 + 4)
        #expect(reasons.values.allSatisfy { $0 > 25 }, "\(reasons)")
    }

    @Test func `The decision does not depend on the order that the rules are read in`() {
        Self.check(seed: 2) { event, facts, now, draw in
            var shuffled = facts
            shuffled.rules = draw.shuffled(facts.rules)
            #expect(decide(event, shuffled, now: now) == decide(event, facts, now: now))
        }
    }

    @Test func `Of any two rules exactly one comes first, and the winner comes before all that match`() {
        Self.check(seed: 3) { event, facts, now, _ in
            let rules = facts.rules.prefix(20)
            for left in rules {
                for right in rules where left.id < right.id {
                    #expect((left.precedence(over: right) == nil) != (right.precedence(over: left) == nil))
                }
            }
            let matching = facts.rules.filter {
                $0.unmetCondition(for: event, at: now, utcOffsets: facts.utcOffsets) == nil
            }
            let decision = decide(event, facts, now: now)
            let winner = matching.first { $0.id == decision.winner }
            #expect((winner == nil) == matching.isEmpty)
            #expect(matching.allSatisfy { $0.id == winner?.id || winner?.precedence(over: $0) != nil })
        }
    }

    @Test func `The rule whose quota is to be asked is the rule that is decided by`() {
        Self.check(seed: 4) { event, facts, now, _ in
            let winner = winningRule(for: event, facts, now: now)
            #expect(winner?.id == decide(event, facts, now: now).winner)
            // It is asked before there is a reservation.
            var unasked = facts
            unasked.reservation = nil
            #expect(winningRule(for: event, unasked, now: now) == winner)
        }
    }

    @Test func `Every rule is the winner, a loser or counted, and none is two of them`() {
        Self.check(seed: 5) { event, facts, now, _ in
            let decision = decide(event, facts, now: now)
            let named = decision.losingRules.map(\.id) + [decision.winner].compactMap(\.self)
            #expect(Set(named).count == named.count)
            #expect(Set(named).isSubset(of: facts.rules.map(\.id)))
            #expect(named.count + decision.omittedLosingRules == facts.rules.count)
            #expect(decision.losingRules.count <= Decision.maximumLosingRules)
        }
    }

    @Test func `Nothing is recorded without a winner that says so, and by no other plan than its own`() {
        Self.check(seed: 6) { event, facts, now, _ in
            let decision = decide(event, facts, now: now)
            guard case .record(let plan) = decision.verdict else { return }
            let winner = facts.rules.first { $0.id == decision.winner }
            #expect(decision.reason == winner.map { .rule($0.id) })
            #expect(winner?.effect == .record(plan))
            #expect(winner?.quota == nil || decision.reservation?.isRoom == true)
        }
    }

    @Test func `A rule that does not match changes nothing but the list of losers`() {
        Self.check(seed: 7) { event, facts, now, _ in
            let other = Rule.example(1_000, priority: 1_000, domain: "elsewhere.com", .record(.template))
            var expected = decide(event, facts, now: now)
            if expected.losingRules.count < Decision.maximumLosingRules {
                let unmet = UnmetCondition(.domain, demanded: "elsewhere.com", found: event.domain)
                expected.losingRules.append(.init(id: other.id, reason: .unmet(unmet)))
            } else {
                expected.omittedLosingRules += 1
            }
            var more = facts
            more.rules.insert(other, at: 0)
            #expect(decide(event, more, now: now) == expected)
        }
    }

    @Test func `A decision that is made again from what it says and the rules comes out the same`() {
        Self.check(seed: 8) { event, facts, now, draw in
            let decision = decide(event, facts, now: now)
            let again = decision.facts(rules: draw.shuffled(facts.rules))
            #expect(decide(event, again, now: decision.decidedAt) == decision)
        }
    }
}
