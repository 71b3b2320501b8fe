import DecisionCore
import StreamReading
import Testing

@testable import AuditTrail

@Suite struct AuditComparisonTests {
    private static let run = GatewayRun(gateway: "gw-1", id: .number(0xFFFF))
    private static let other = GatewayRun(gateway: "gw-2", id: .number(0xFFFE))
    private static let minute = EventID.number(0).minute
    private static let window = CallbackWindow(from: minute, to: minute.advanced(by: .seconds(60)))

    private static func callbacks(_ numbers: [Int], run: GatewayRun? = run) -> CallbackList {
        var list = CallbackList()
        for number in numbers { list.append(.number(number), run: run) }
        list.sort()
        return list
    }

    private static func counted(
        _ outcomes: [String: Int],
        unkept: Int = 0,
        run: GatewayRun = run
    ) -> GatewayMinute {
        let received = outcomes.values.reduce(0, +)
        return GatewayMinute(run: run, minute: minute, received: received, outcomes: outcomes, unkept: unkept)
    }

    private static func outcome(
        _ number: Int,
        _ cause: String = "decided",
        run: GatewayRun = run
    ) -> AuditComparison.KeptOutcome {
        AuditComparison.KeptOutcome(event: .number(number), run: run, cause: cause)
    }

    private static func compare(
        _ callbacks: CallbackList,
        _ minutes: [GatewayMinute],
        _ outcomes: [AuditComparison.KeptOutcome],
        window: CallbackWindow = window,
        laterRuns: [GatewayRun] = [],
        settled: Timestamp = window.to,
        limit: Int = 10
    ) -> AuditComparison {
        var comparison = AuditComparison(
            window,
            callbacks: callbacks,
            minutes: minutes,
            laterRuns: laterRuns,
            settled: settled,
            limit: limit
        )
        for outcome in outcomes { comparison.add(outcome) }
        comparison.finish()
        return comparison
    }

    @Test func `A decision that was made for another callback need not have gone through the broker`() {
        var late = Self.outcome(1)
        late.isLateDecision = true
        let result = Self.compare(Self.callbacks([2]), [Self.counted(["decided": 2])], [late, Self.outcome(2)])
        #expect(result.findings.counts.isEmpty)
        #expect(result.outcomes == 2)
        #expect(result.firstDecided == .number(2))
    }

    @Test func `Nothing adds up`() {
        let result = Self.compare(CallbackList(), [], [])
        #expect(result.findings.counts.isEmpty)
        #expect(result.outcomes == 0)
    }

    @Test func `Callbacks, outcomes and counts that are the same add up, in whatever order the stream had them`() {
        let list = Self.callbacks([3, 1, 2, 1])
        #expect(list.count == 3)
        #expect(list.repeated == 1)
        // The fourth never went through the broker, so it has no callback in the stream.
        let result = Self.compare(
            list,
            [Self.counted(["decided": 2, "timeout": 1, "overloaded": 1])],
            [Self.outcome(1), Self.outcome(2, "timeout"), Self.outcome(3), Self.outcome(4, "overloaded")]
        )
        #expect(result.findings.counts.isEmpty)
        #expect(result.outcomes == 4)
        #expect(result.uncounted == 0)
    }

    @Test func `An outcome that is gone is missing, and the counts say so too`() {
        let result = Self.compare(
            Self.callbacks([1, 2, 3]),
            [Self.counted(["decided": 3])],
            [Self.outcome(1), Self.outcome(3)]
        )
        #expect(result.findings.counts == [.missing: 1, .unbalanced: 1])
        #expect(result.findings.listed.first { $0.kind == .missing }?.event == .number(2))
        let difference = result.findings.listed.first { $0.kind == .unbalanced }
        #expect(difference?.cause == "decided")
        #expect(difference?.counted == 3)
        #expect(difference?.kept == 2)
        #expect(result.findings.hasFaults)
    }

    /// The first gateway after it was started again.
    private static let returned = GatewayRun(gateway: "gw-1", id: .number(0x1_0000))

    @Test func `Of a run that never told of the minute it cannot be told, until its gateway is heard of again`() {
        let told = [Self.counted(["decided": 1], run: Self.other)]
        let outcomes = [Self.outcome(1), Self.outcome(2, run: Self.other)]
        let silent = Self.compare(Self.callbacks([1, 2, 3]), told, outcomes)
        #expect(silent.findings.counts == [.silent: 1])
        #expect(silent.findings.listed[0].event == .number(3))
        #expect(silent.uncounted == 1)
        #expect(!silent.findings.hasFaults)
        #expect(silent.findings.openCount == 1)

        // By its minutes after the window or in it, or by an outcome.
        let after = Self.compare(Self.callbacks([1, 2, 3]), told, outcomes, laterRuns: [Self.returned])
        let within = Self.compare(Self.callbacks([1, 2, 3]), told + [Self.counted([:], run: Self.returned)], outcomes)
        let answered = Self.compare(
            Self.callbacks([1, 2, 3]),
            told,
            outcomes + [Self.outcome(4, "timeout", run: Self.returned)]
        )
        for result in [after, within, answered] {
            #expect(result.findings.counts == [.unanswered: 1])
            #expect(result.findings.listed[0].event == .number(3))
            #expect(result.findings.listed[0].run == Self.run)
            #expect(!result.findings.hasFaults)
            #expect(result.findings.openCount == 0)
        }
        // Neither another gateway nor the run itself.
        let others = Self.compare(
            Self.callbacks([1, 2, 3]),
            told,
            outcomes,
            laterRuns: [GatewayRun(gateway: "gw-3", id: .number(0x2_0000)), Self.run]
        )
        #expect(others.findings.counts == [.silent: 1])
    }

    @Test func `What is young is recent unless its gateway has told of the minute or was heard of again`() {
        func compare(_ minutes: [GatewayMinute], laterRuns: [GatewayRun] = []) -> [AuditFinding.Kind: Int] {
            Self.compare(Self.callbacks([1]), minutes, [], laterRuns: laterRuns, settled: Self.minute).findings.counts
        }
        #expect(compare([]) == [.recent: 1])
        #expect(compare([], laterRuns: [Self.returned]) == [.unanswered: 1])
        #expect(compare([Self.counted(["decided": 1])]) == [.missing: 1, .unbalanced: 1])
        #expect(AuditFinding.Kind.recent.isOpen)
    }

    @Test func `The first outcome that went through the broker is known`() {
        let result = Self.compare(
            Self.callbacks([2, 3]),
            [],
            [Self.outcome(1, "overloaded"), Self.outcome(2), Self.outcome(3)]
        )
        #expect(result.firstDecided == .number(2))
    }

    @Test func `More outcomes than were counted are unexpected, cause by cause`() {
        let result = Self.compare(
            Self.callbacks([1, 2]),
            [Self.counted(["decided": 1])],
            [Self.outcome(1), Self.outcome(2), Self.outcome(3, "timeout")]
        )
        #expect(result.findings.counts == [.unexpected: 2])
        #expect(result.findings.listed.map(\.cause) == ["decided", "timeout"])
        #expect(result.findings.listed.map(\.counted) == [1, 0])
    }

    @Test func `What a gateway could not keep is told by itself, and only so much of it`() {
        let minutes = [Self.counted(["decided": 3], unkept: 1)]
        let one = Self.compare(Self.callbacks([1, 2, 3]), minutes, [Self.outcome(1), Self.outcome(2)])
        #expect(one.findings.counts == [.unkept: 1])
        #expect(one.findings.listed[0].counted == 1)
        let two = Self.compare(Self.callbacks([1, 2, 3]), minutes, [Self.outcome(1)])
        #expect(two.findings.counts == [.unkept: 1, .missing: 2, .unbalanced: 1])
    }

    @Test func `An outcome that was decided without a callback is uncopied, which is no fault`() {
        let result = Self.compare(
            Self.callbacks([1]),
            [Self.counted(["decided": 2])],
            [Self.outcome(1), Self.outcome(2)]
        )
        #expect(result.findings.counts == [.uncopied: 1])
        #expect(!result.findings.hasFaults)
    }

    @Test func `Two outcomes of one callback are a duplicate`() {
        let result = Self.compare(
            Self.callbacks([1]),
            [Self.counted(["decided": 1])],
            [Self.outcome(1), Self.outcome(1)]
        )
        #expect(result.findings.counts == [.duplicate: 1])
        #expect(result.findings.hasFaults)
    }

    @Test func `The counts of a minute that is not all in the window are not compared`() {
        let window = CallbackWindow(from: Self.minute.advanced(by: .seconds(1)), to: Self.window.to)
        let result = Self.compare(
            Self.callbacks([1]),
            [Self.counted(["decided": 9])],
            [Self.outcome(1)],
            window: window
        )
        #expect(result.findings.counts.isEmpty)
    }

    @Test func `A callback that names no run is nobody's to answer`() {
        let result = Self.compare(Self.callbacks([1], run: nil), [], [])
        #expect(result.findings.counts.isEmpty)
        #expect(result.unattributed == 1)
    }

    @Test func `What is listed is bounded, what is counted is not`() {
        let result = Self.compare(
            Self.callbacks(Array(1...50)),
            [Self.counted(["decided": 50])],
            [],
            limit: 3
        )
        #expect(result.findings.counts == [.missing: 50, .unbalanced: 1])
        #expect(result.findings.listed.count == 4)
        let silent = Self.compare(Self.callbacks(Array(1...50)), [], [], limit: 3)
        #expect(silent.findings.counts == [.silent: 50])
        #expect(silent.findings.listed.count == 3)
    }
}
