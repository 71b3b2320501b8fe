import DecisionCore
import Testing

@Suite struct DecideQuotaTests {
    /// The winner is charged to a quota; the rule behind it would record without one.
    private static let rules: [Rule] = [
        .example(1, .record(.template)),
        .example(2, stream: "teststream", quota: "gold", .record(.template)),
    ]

    private static func decision(_ reservation: Reservation?, rules: [Rule] = rules) -> Decision {
        decide(.example(), Facts(revision: 1, rules: rules, reservation: reservation), now: .example)
    }

    private static func reservation(_ state: Reservation.State, quota: String = "gold") -> Reservation {
        Reservation(
            quota: quota,
            bucket: "test.com",
            state: state,
            concurrent: .init(used: 4, limit: 5),
            minutes: .init(used: 100, limit: 6_000),
            month: "2023-11"
        )
    }

    @Test(arguments: [.granted, .held, .assumed] as [Reservation.State])
    func `Where there is room, or is taken to be, the rule wins and the decision has what the quota said`(
        state: Reservation.State
    ) {
        let decision = Self.decision(Self.reservation(state))
        #expect(decision.verdict == .record(.template))
        #expect(decision.reason == .rule(2))
        #expect(decision.reservation == Self.reservation(state))
    }

    @Test func `Without room nothing is recorded, and no wider rule steps in`() {
        let decision = Self.decision(Self.reservation(.denied))
        #expect(decision.verdict == .skip)
        #expect(decision.reason == .quotaExhausted(2))
        #expect(decision.winner == 2)
        #expect(decision.reservation == Self.reservation(.denied))
        #expect(decision.losingRules == [.init(id: 1, reason: .preceded(.specificity))])
    }

    @Test func `A quota that was not asked has no room`() {
        let decision = Self.decision(nil)
        #expect(decision.verdict == .skip)
        #expect(decision.reason == .quotaExhausted(2))
        #expect(decision.reservation == nil)
    }

    @Test func `A stream that holds a reservation keeps it when its rule has another quota now`() {
        let decision = Self.decision(Self.reservation(.held, quota: "silver"))
        #expect(decision.verdict == .record(.template))
        #expect(decision.reason == .rule(2))
        #expect(decision.reservation == Self.reservation(.held, quota: "silver"))
    }

    @Test(arguments: [.granted, .denied, .assumed] as [Reservation.State])
    func `What another quota says is no room`(state: Reservation.State) {
        let decision = Self.decision(Self.reservation(state, quota: "silver"))
        #expect(decision.verdict == .skip)
        #expect(decision.reason == .quotaExhausted(2))
        #expect(decision.reservation == Self.reservation(state, quota: "silver"))
    }

    @Test(arguments: [.granted, .held, .denied, .assumed] as [Reservation.State])
    func `A winner without a quota, or that skips, is charged to none`(state: Reservation.State) {
        let free = Self.decision(Self.reservation(state), rules: [.example(1, .record(.template))])
        #expect(free.verdict == .record(.template))
        #expect(free.reservation == nil)
        let skip = Self.decision(Self.reservation(state), rules: [.example(1, quota: "gold", .skip)])
        #expect(skip.verdict == .skip)
        #expect(skip.reason == .rule(1))
        #expect(skip.reservation == nil)
        let none = Self.decision(Self.reservation(state), rules: [])
        #expect(none.reason == .noRuleMatches)
        #expect(none.reservation == nil)
    }

    @Test func `The quota of a rule that loses has no say`() {
        let rules: [Rule] = [
            .example(1, priority: 1, .record(.template)), .example(2, quota: "gold", .record(.template)),
        ]
        #expect(Self.decision(Self.reservation(.denied), rules: rules).verdict == .record(.template))
        #expect(Self.decision(nil, rules: rules).reason == .rule(1))
    }

    @Test func `Only a denial is no room`() {
        #expect(Self.reservation(.granted).isRoom)
        #expect(Self.reservation(.held).isRoom)
        #expect(Self.reservation(.assumed).isRoom)
        #expect(!Self.reservation(.denied).isRoom)
    }
}
