import DecisionCore
import Testing

@testable import EventReplay

@Suite struct RedecisionTests {
    private static func facts(_ effect: Rule.Effect, quota: String? = nil) -> Facts {
        Facts(revision: 9, rules: [Rule(id: Rule.ID(rawValue: 4), effect: effect, quota: quota)])
    }

    private static func candidate(_ reservation: Reservation?) -> ReplayCandidate {
        ReplayCandidate(
            event: .number(1),
            answer: .decided(.of(.record(.template), reservation: reservation))
        )
    }

    @Test func `It is decided at the clock of the first decision, or of the receipt`() {
        let decided = Redecision(Self.candidate(nil), Self.facts(.skip))
        #expect(decided.decision.decidedAt == Timestamp.example.advanced(by: .seconds(5)))
        #expect(decided.decision.revision == 9)
        let fallback = Redecision(ReplayCandidate(event: .number(1), answer: .timeout), Self.facts(.skip))
        #expect(fallback.decision.decidedAt == StreamEvent.number(1).receivedAt)
        let unanswered = Redecision(ReplayCandidate(event: .number(1), answer: nil), Self.facts(.skip))
        #expect(unanswered.decision.decidedAt == StreamEvent.number(1).receivedAt)
    }

    @Test func `A decision that was made for an earlier callback comes out the same once its rule is over`() throws {
        let madeAt = Timestamp.example.advanced(by: .seconds(5))
        var rule = Rule(id: Rule.ID(rawValue: 4), effect: .record(.template))
        rule.validity = try #require(Validity(from: nil, until: madeAt.advanced(by: .seconds(1))))
        let facts = Facts(revision: 9, rules: [rule])
        var event = StreamEvent.number(1)
        event.receivedAt = madeAt.advanced(by: .seconds(30))
        let again = Redecision(ReplayCandidate(event: event, answer: .decided(.of(.record(.template)))), facts)
        #expect(again.decision.decidedAt == madeAt)
        #expect(again.decision.verdict == .record(.template))
        #expect(Redecision(ReplayCandidate(event: event, answer: nil), facts).decision.verdict == .skip)
    }

    @Test(arguments: [Reservation.State.granted, .held, .denied])
    func `What the quota said then it says again`(state: Reservation.State) {
        let reservation = Reservation(quota: "q", bucket: "test.com", state: state)
        let again = Redecision(Self.candidate(reservation), Self.facts(.record(.template), quota: "q"))
        #expect(again.decision.reservation == reservation)
        #expect((again.decision.verdict == .record(.template)) == (state != .denied))
        #expect(!again.isRoomAssumed)
    }

    @Test func `A stream that held a reservation of another quota keeps it, as with a worker`() {
        let held = Reservation(quota: "other", state: .held)
        let again = Redecision(Self.candidate(held), Self.facts(.record(.template), quota: "q"))
        #expect(again.decision.reservation == held)
        #expect(again.decision.verdict == .record(.template))
        #expect(!again.isRoomAssumed)
    }

    @Test(arguments: [nil, Reservation(quota: "other", state: .denied), Reservation(quota: "other", state: .granted)])
    func `A quota that was not asked then is taken to have room, and that is said`(reservation: Reservation?) {
        let again = Redecision(Self.candidate(reservation), Self.facts(.record(.template), quota: "q"))
        #expect(again.decision.reservation == Reservation(quota: "q", state: .assumed))
        #expect(again.decision.verdict == .record(.template))
        #expect(again.isRoomAssumed)
    }

    @Test func `Without a quota nothing is assumed`() {
        let again = Redecision(Self.candidate(Reservation(quota: "q", state: .denied)), Self.facts(.record(.template)))
        #expect(again.decision.reservation == nil)
        #expect(again.decision.verdict == .record(.template))
        #expect(!again.isRoomAssumed)
    }
}
