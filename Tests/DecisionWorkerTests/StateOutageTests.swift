import TestSupport
import Testing

@testable import DecisionWorker

@Suite struct StateOutageTests {
    private static func outage(grace: Duration = .milliseconds(2_000)) -> StateOutage<ScriptedInstant> {
        StateOutage(grace: grace, pause: .milliseconds(100))
    }

    /// Lets a try fail at each of these times, and says after which ones it is to be tried again.
    private static func fail(
        _ outage: inout StateOutage<ScriptedInstant>,
        at times: [Int],
        limit: Int = 60_000
    ) -> [Bool] {
        times.map { time in
            let now = ScriptedInstant(time)
            return outage.readFailed(start: now, now: now, limit: ScriptedInstant(limit))
        }
    }

    @Test func `A short outage is waited out, up to its grace`() {
        var outage = Self.outage()
        #expect(!outage.isOngoing)
        // The next try after the last one would be when the grace is over.
        let triesAgain = Self.fail(&outage, at: [0, 1_000, 1_899, 1_900])
        #expect(triesAgain == [true, true, true, false])
        #expect(outage.isOngoing)
    }

    @Test func `In a long outage every batch is tried once`() {
        var outage = Self.outage()
        let triesAgain = Self.fail(&outage, at: [0, 2_000, 10_000, 50_000])
        #expect(triesAgain == [true, false, false, false])
        #expect(outage.isOngoing)
    }

    @Test(arguments: [(0, 100, false), (0, 101, true), (50, 20, false), (899, 1_000, true), (900, 1_000, false)])
    func `A batch is not tried again when that would be too late for it`(now: Int, limit: Int, triesAgain: Bool) {
        var outage = Self.outage()
        let result = Self.fail(&outage, at: [now], limit: limit)
        #expect(result == [triesAgain])
    }

    @Test func `A read that succeeds ends the outage, and the next one has its whole grace`() {
        var outage = Self.outage()
        _ = Self.fail(&outage, at: [0, 5_000])
        outage.readSucceeded()
        #expect(!outage.isOngoing)
        let triesAgain = Self.fail(&outage, at: [6_000, 7_899, 7_900])
        #expect(triesAgain == [true, true, false])
    }

    @Test func `The outage began with the first try that failed, not with its failure`() {
        var outage = Self.outage()
        let triesAgain = outage.readFailed(start: 0, now: 1_950, limit: 60_000)
        #expect(!triesAgain)
    }

    @Test(
        arguments: [
            // Nothing is wrong yet: the whole grace, if the batch has that long.
            (nil, 0, 60_000, 2_000), (nil, 0, 700, 700), (nil, 0, 0, 1), (nil, 500, 200, 1),
            // In an outage since 0, what is left of the grace.
            (0, 500, 60_000, 1_500), (0, 500, 800, 300),
            // In a long one, a pause.
            (0, 1_950, 60_000, 100), (0, 10_000, 60_000, 100), (0, 10_000, 10_050, 50),
        ] as [(Int?, Int, Int, Int)]
    )
    func `A try waits for a connection as long as the grace and the batch allow`(
        since: Int?,
        now: Int,
        limit: Int,
        milliseconds: Int
    ) {
        var outage = Self.outage()
        if let since { _ = Self.fail(&outage, at: [since]) }
        let patience = outage.patience(now: ScriptedInstant(now), limit: ScriptedInstant(limit))
        #expect(patience == .milliseconds(milliseconds))
    }

    @Test func `When nobody has tried for a while, somebody has to look`() {
        var outage = Self.outage()
        #expect(!outage.isStale(now: ScriptedInstant(60_000)))
        _ = Self.fail(&outage, at: [0, 5_000])
        #expect(!outage.isStale(now: ScriptedInstant(6_999)))
        #expect(outage.isStale(now: ScriptedInstant(7_000)))
        outage.readSucceeded()
        #expect(!outage.isStale(now: ScriptedInstant(60_000)))
    }

    @Test func `Without grace nothing is tried again`() {
        var outage = Self.outage(grace: .zero)
        let triesAgain = Self.fail(&outage, at: [0])
        #expect(triesAgain == [false])
    }
}
