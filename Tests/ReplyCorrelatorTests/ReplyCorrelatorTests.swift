import DecisionCore
import NIOConcurrencyHelpers
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct ReplyCorrelatorTests {
    typealias Correlator = ReplyCorrelator

    static let never = ContinuousClock.now + .seconds(3_600)

    /// Runs `body` while the deadlines of a correlator are watched.
    static func withCorrelator(
        maximumPending: Int = 10_000,
        _ body: (Correlator) async throws -> Void
    ) async throws {
        let correlator = Correlator(maximumPending: maximumPending, budget: .seconds(4), memory: .seconds(60))
        try await withThrowingTaskGroup { group in
            group.addTask { await correlator.run() }
            try await body(correlator)
            group.cancelAll()
        }
    }

    /// Asks question `number` without publishing anything.
    static func ask(
        _ number: Int,
        _ correlator: Correlator,
        deadline: ContinuousClock.Instant = never
    ) async -> Result<Decision, FallbackCause> {
        await correlator.decision(to: number, deadline: deadline, publish: {})
    }

    @Test func `A question is registered before it is published: a reply that comes at once is not missed`()
        async throws
    {
        try await Self.withCorrelator { correlator in
            let answer = await correlator.decision(to: 1, deadline: Self.never) {
                #expect(correlator.waiting().map(\.event.id) == [.number(1)])
                correlator.resolve([.decision(1)])
            }
            #expect(answer == .success(.revision(1)))
            #expect(correlator.counters.inTime == 1)
            #expect(correlator.counters.pending == 0)
        }
    }

    @Test func `A worker's failure is the end of the question, and a reply in time`() async throws {
        try await Self.withCorrelator { correlator in
            let answer = await correlator.decision(to: 1, deadline: Self.never) {
                correlator.resolve([.failure(1, .stateUnavailable)])
            }
            #expect(answer == .failure(.stateUnavailable))
            #expect(correlator.counters.inTime == 1)
        }
    }

    @Test(arguments: FallbackCause.allCases)
    func `A known failure ends the question at once with its cause, and a reply is late then`(
        cause: FallbackCause
    ) async throws {
        try await Self.withCorrelator { correlator in
            let answer = await correlator.decision(to: 1, deadline: Self.never) {
                correlator.fail(.number(1), cause: cause)
                correlator.fail(.number(1), cause: .timeout)
                correlator.resolve([.decision(1)])
            }
            #expect(answer == .failure(cause))
            #expect(correlator.counters.late == 1)
            #expect(correlator.counters.inTime == 0)
        }
    }

    @Test func `Late, duplicate and unknown replies are counted, and change nothing`() async throws {
        try await Self.withCorrelator { correlator in
            let timedOut = await Self.ask(1, correlator, deadline: .now)
            #expect(timedOut == .failure(.timeout))
            async let third = Self.ask(3, correlator)
            let second = await correlator.decision(to: 2, deadline: Self.never) {
                correlator.resolve([.decision(1), .decision(2), .decision(2), .decision(9), .decision(2)])
            }
            #expect(second == .success(.revision(2)))

            try await eventually("the third question") { correlator.waiting().map(\.event.id) == [.number(3)] }
            var expected = ReplyCounters()
            expected.inTime = 1
            expected.late = 1
            expected.duplicate = 2
            expected.unknown = 1
            expected.pending = 1
            expected.pendingLimit = 10_000
            #expect(correlator.counters == expected)
            correlator.resolve([.decision(3)])
            #expect(await third == .success(.revision(3)))
        }
    }

    @Test func `A late reply is handed back with how late it is, and the others are not`() async throws {
        try await Self.withCorrelator { correlator in
            let deadline = ContinuousClock.now
            _ = await Self.ask(1, correlator, deadline: deadline)
            _ = await correlator.decision(to: 2, deadline: Self.never) {
                correlator.fail(.number(2), cause: .brokerBlocked)
            }
            let late = correlator.resolve([.decision(2), .decision(7), .decision(1), .failure(1, .timeout)])
            let sinceDeadline = deadline.duration(to: .now)
            #expect(late.map(\.reply) == [.decision(2), .decision(1), .failure(1, .timeout)])
            #expect(late[0].lateBy < .zero)
            #expect(late[1].lateBy > .zero)
            #expect(late[1].lateBy <= sinceDeadline)
        }
    }

    @Test func `A reply says when it came`() async throws {
        try await Self.withCorrelator { correlator in
            let start = ContinuousClock.now
            let end = await correlator.answer(to: 1, deadline: Self.never) {
                correlator.resolve([.decision(1)])
            }
            let received = try end.get()
            #expect(received.reply == .decision(1))
            #expect((start...ContinuousClock.now).contains(received.at))
        }
    }

    @Test func `A question too many is overloaded and not published, and the others wait on`() async throws {
        try await Self.withCorrelator(maximumPending: 2) { correlator in
            async let first = Self.ask(1, correlator)
            async let second = Self.ask(2, correlator)
            try await eventually("two questions") { correlator.counters.pending == 2 }
            let third = await correlator.decision(to: 3, deadline: Self.never) {
                Issue.record("it was published")
            }
            #expect(third == .failure(.overloaded))
            #expect(correlator.counters.pending == 2)
            correlator.resolve([.decision(1), .decision(2), .decision(3)])
            #expect(await first == .success(.revision(1)))
            #expect(await second == .success(.revision(2)))
            #expect(correlator.counters.unknown == 1)
        }
    }

    @Test func `The questions that wait are listed with their deadlines, in the order of asking`() async throws {
        try await Self.withCorrelator { correlator in
            let deadlines = [Self.never, Self.never + .seconds(1)]
            async let first = Self.ask(1, correlator, deadline: deadlines[0])
            try await eventually("the first question") { correlator.counters.pending == 1 }
            async let second = Self.ask(2, correlator, deadline: deadlines[1])
            try await eventually("the second question") { correlator.counters.pending == 2 }
            #expect(correlator.waiting().map(\.event.id) == [.number(1), .number(2)])
            #expect(correlator.waiting().map(\.deadline) == deadlines)
            correlator.fail(.number(1), cause: .unroutable)
            correlator.fail(.number(2), cause: .unroutable)
            _ = await (first, second)
        }
    }

    @Test func `When it is told to stop, what waits is draining, and so is what comes after`() async throws {
        let correlator = Correlator(maximumPending: 10, budget: .seconds(4), memory: .seconds(1))
        let run = Task { await correlator.run() }
        async let first = Self.ask(1, correlator)
        async let second = Self.ask(2, correlator)
        try await eventually("two questions") { correlator.counters.pending == 2 }
        run.cancel()
        #expect(await first == .failure(.draining))
        #expect(await second == .failure(.draining))
        await run.value
        let third = await correlator.decision(to: 3, deadline: Self.never) {
            Issue.record("it was published")
        }
        #expect(third == .failure(.draining))
        correlator.resolve([.decision(1)])
        #expect(correlator.counters.late == 1)
    }

    @Test func `Without questions it can be told to stop as well, whenever that comes`() async {
        for turns in 0..<50 {
            let correlator = Correlator(maximumPending: 1, budget: .seconds(4), memory: .seconds(1))
            let run = Task { await correlator.run() }
            for _ in 0..<turns { await Task.yield() }
            run.cancel()
            await run.value
            #expect(await Self.ask(1, correlator) == .failure(.draining))
        }
    }
}
