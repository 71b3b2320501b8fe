import BusinessState
import DecisionCore
import Testing

@testable import DecisionWorker

@Suite struct AftermathTests {
    private static func rule(_ id: Int64, _ effect: Rule.Effect, quota: String? = nil) -> Rule {
        Rule(id: Rule.ID(rawValue: id), effect: effect, quota: quota)
    }

    private static func compare(
        live: Rule,
        shadow: Rule?,
        reservation: Reservation? = nil
    ) -> (count: Int, differences: [ShadowDifference]) {
        let facts = EventFacts(
            live: Facts(revision: 7, rules: [live], reservation: reservation),
            shadow: Facts(revision: 7, rules: shadow.map { [$0] } ?? [])
        )
        let decision = decide(.number(1), facts.live, now: .example)
        return Aftermath(comparisons: [(.number(1), facts, decision)]).compare()
    }

    @Test func `An event that the shadow would have answered differently is a difference`() throws {
        let (count, differences) = Self.compare(live: Self.rule(1, .skip), shadow: Self.rule(2, .record(.template)))
        #expect(count == 1)
        let difference = try #require(differences.first)
        #expect(differences.count == 1)
        #expect(difference.event == .number(1))
        #expect(difference.live.winner == Rule.ID(rawValue: 1))
        #expect(difference.live.verdict == .skip)
        #expect(difference.shadow.winner == Rule.ID(rawValue: 2))
        #expect(difference.shadow.verdict == .record(.template))
        #expect(difference.shadow.decidedAt == difference.live.decidedAt)
    }

    @Test func `Another rule with the same answer is no difference, another plan is one`() throws {
        let flv = try RecordingPlan(formats: [.flv])
        #expect(Self.compare(live: Self.rule(1, .skip), shadow: nil).differences.isEmpty)
        #expect(Self.compare(live: Self.rule(1, .record(flv)), shadow: Self.rule(2, .record(flv))).differences.isEmpty)
        let differences = Self.compare(live: Self.rule(1, .record(flv)), shadow: Self.rule(2, .record(.template)))
            .differences
        #expect(differences.count == 1)
    }

    @Test func `An empty shadow records nothing`() {
        let differences = Self.compare(live: Self.rule(1, .record(.template)), shadow: nil).differences
        #expect(differences.map(\.shadow.reason) == [.noRuleMatches])
    }

    @Test func `A quota that the answer did not ask is taken to have room, one that it did ask has what it said`() {
        let shadow = Self.rule(2, .record(.template), quota: "basic")
        let other = Self.compare(live: Self.rule(1, .skip), shadow: shadow).differences
        #expect(other.map(\.shadow.reservation) == [Reservation(quota: "basic", state: .assumed)])

        let denied = Reservation(quota: "basic", state: .denied)
        let same = Self.compare(
            live: Self.rule(1, .record(.template), quota: "basic"),
            shadow: shadow,
            reservation: denied
        )
        #expect(same.count == 1)
        #expect(same.differences.isEmpty)
    }

    @Test func `Where there is no shadow nothing is compared`() {
        let facts = EventFacts(live: Facts(revision: 1, rules: []))
        let decision = decide(.number(1), facts.live, now: .example)
        let (count, differences) = Aftermath(comparisons: [(.number(1), facts, decision)]).compare()
        #expect(count == 0)
        #expect(differences.isEmpty)
    }
}
