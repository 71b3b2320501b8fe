import DecisionCore
import NIOConcurrencyHelpers
import ReplyCorrelator
import Testing
import Wire

/// What holds however replies, failures, deadlines and the end of the process meet. A question that ended twice would
/// stop the process, and one without an end the test.
@Suite(.timeLimit(.minutes(1))) struct ReplyCorrelatorRaceTests {
    private static let count = 4_000

    @Test func `When a reply, a failure and the deadline race, each question has exactly one end`() async throws {
        try await ReplyCorrelatorTests.withCorrelator { correlator in
            let answers = await withTaskGroup { group in
                for number in 0..<Self.count {
                    group.addTask {
                        // Some are due at once, some while the others race, some not at all.
                        let budget = Duration.milliseconds(number % 3 * 20)
                        return await correlator.decision(to: number, deadline: .now + budget) {
                            Task { correlator.resolve([.decision(number)]) }
                            Task { correlator.fail(.number(number), cause: .unroutable) }
                            Task { correlator.resolve([.decision(number)]) }
                        }
                    }
                }
                return await group.reduce(into: [:]) { counts, answer in counts[Self.kind(answer), default: 0] += 1 }
            }
            #expect(answers.values.reduce(0, +) == Self.count)
            #expect(Set(answers.keys).isSubset(of: ["decision", "timeout", "unroutable"]))
            // The last replies may still be on their way.
            while true {
                let counters = correlator.counters
                if counters.inTime + counters.late + counters.duplicate == 2 * Self.count { break }
                await Task.yield()
            }
            #expect(correlator.counters.inTime == answers["decision", default: 0])
            #expect(correlator.counters.unknown == 0)
            #expect(correlator.counters.pending == 0)
        }
    }

    @Test func `When it is told to stop in the middle, each question has exactly one end all the same`() async {
        for _ in 0..<20 {
            let correlator = ReplyCorrelator(maximumPending: 10_000, budget: .seconds(4), memory: .seconds(1))
            let run = Task { await correlator.run() }
            let answers = await withTaskGroup { group in
                for number in 0..<200 {
                    group.addTask {
                        await correlator.decision(
                            to: number,
                            deadline: .now + .seconds(3_600)
                        ) {
                            if number.isMultiple(of: 2) { Task { correlator.resolve([.decision(number)]) } }
                            if number == 100 { run.cancel() }
                        }
                    }
                }
                return await group.reduce(into: [:]) { counts, answer in counts[Self.kind(answer), default: 0] += 1 }
            }
            #expect(answers.values.reduce(0, +) == 200)
            // Nobody has answered the odd ones.
            #expect(answers["draining", default: 0] >= 100)
            await run.value
            #expect(correlator.counters.pending == 0)
        }
    }

    private static func kind(_ answer: Result<Decision, FallbackCause>) -> String {
        switch answer {
        case .success: "decision"
        case .failure(let cause): cause.rawValue
        }
    }
}
