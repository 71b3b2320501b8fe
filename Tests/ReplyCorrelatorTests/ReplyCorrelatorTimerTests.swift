import DecisionCore
import ReplyCorrelator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReplyCorrelatorTimerTests {
    private static let budget = Duration.milliseconds(400)

    @Test func `Five hundred questions at once time out at the budget, and no later than 100 ms after it`() async throws
    {
        try await ReplyCorrelatorTests.withCorrelator { correlator in
            let start = ContinuousClock.now
            // What holds up a thread that only sleeps, too, is not the correlator's delay.
            let probe = StallProbe()
            let ends = await withTaskGroup { group in
                for number in 0..<500 {
                    group.addTask {
                        let answer = await ReplyCorrelatorTests.ask(number, correlator, deadline: start + Self.budget)
                        #expect(answer == .failure(.timeout))
                        return ContinuousClock.now
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let first = try #require(ends.min())
            let last = try #require(ends.max())
            let limit = start + Self.budget + .milliseconds(100) + probe.stalled(from: start + Self.budget, to: last)
            #expect(ends.count == 500)
            #expect(first >= start + Self.budget, "the first came \(first - start) after the question")
            #expect(last <= limit, "the last came \(last - start) after the question, and may at \(limit - start)")
        }
    }

    @Test func `The timer begins again after a while without questions`() async throws {
        try await ReplyCorrelatorTests.withCorrelator { correlator in
            for number in 0..<20 {
                let start = ContinuousClock.now
                let answer = await ReplyCorrelatorTests.ask(number, correlator, deadline: start + .milliseconds(5))
                #expect(answer == .failure(.timeout))
                #expect(ContinuousClock.now >= start + .milliseconds(5))
            }
        }
    }

    @Test func `An answer in time does not keep the timer from the next deadline`() async throws {
        try await ReplyCorrelatorTests.withCorrelator { correlator in
            let deadline = ContinuousClock.now + .seconds(1)
            async let second = ReplyCorrelatorTests.ask(2, correlator, deadline: deadline)
            try await eventually("the question") { correlator.counters.pending == 1 }
            let first = await correlator.decision(to: 1, deadline: deadline) {
                correlator.resolve([.decision(1)])
            }
            #expect(first == .success(.revision(1)))
            #expect(await second == .failure(.timeout))
        }
    }
}
