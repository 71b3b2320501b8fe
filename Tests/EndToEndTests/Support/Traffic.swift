import NIOConcurrencyHelpers
import PlatformSimulator
import TestSupport
import Testing

/// Callbacks that one gateway is sent, with what came of each.
///
/// With a rate the load is an open loop: callbacks come whatever happens to the answers, as streams are pushed whatever
/// happens to the recording.
final class Traffic: Sendable {
    private struct State {
        var answers: [(answer: CallbackAnswer, at: ContinuousClock.Instant)] = []
        var failures: [CallbackFailure: Int] = [:]
    }

    private let state: NIOLockedValueBox<State>
    private let run: Task<LoadReport, any Error>
    private let stall: StallProbe

    /// Begins to send.
    ///
    /// - Parameters:
    ///   - rate: Callbacks a second; nil sends one on each connection as soon as the one before it is answered.
    ///   - count: How many; nil for as many as there is time for until ``stop()``.
    ///   - connections: Enough for all that wait at once, or callbacks would wait in here for a free one.
    convenience init(to service: ServiceProcess, rate: Double?, count: Int? = nil, connections: Int) async throws {
        self.init(to: try await service.target(), rate: rate, count: count, connections: connections)
    }

    /// Begins to send, to whatever is there.
    init(to target: PlatformTarget, rate: Double?, count: Int? = nil, connections: Int) {
        var plan = LoadPlan(target: target, question: .example)
        plan.streams = 1_000
        plan.rate = rate
        plan.count = count
        plan.connections = connections
        let state = NIOLockedValueBox(State())
        self.state = state
        stall = StallProbe()
        run = Task { [plan] in
            try await plan.run(logger: ProductDatabase.logger) { _, result in
                state.withLockedValue { state in
                    switch result {
                    case .success(let answer): state.answers.append((answer, .now))
                    case .failure(let error): error.failure.map { state.failures[$0, default: 0] += 1 }
                    }
                }
            }
        }
    }

    deinit {
        run.cancel()
    }

    /// The answers so far.
    var answers: [CallbackAnswer] { timedAnswers.map(\.answer) }

    /// The answers so far, in their order, and when each came.
    var timedAnswers: [(answer: CallbackAnswer, at: ContinuousClock.Instant)] { state.withLockedValue { $0.answers } }

    /// What got no answer so far, by reason.
    var failures: [CallbackFailure: Int] { state.withLockedValue { $0.failures } }

    /// The longest that an answer has taken so far.
    var slowest: Duration { answers.lazy.map(\.elapsed).max() ?? .zero }

    /// How much longer than this an answer has taken at most, without the time after it in which the machine stood still.
    func lateness(after due: Duration) -> Duration {
        timedAnswers.lazy.filter { $0.answer.elapsed > due }
            .map { answer, end in
                let late = answer.elapsed - due
                return late - self.stall.stalled(from: end - late, to: end)
            }
            .max() ?? .zero
    }

    /// How many answers say so, so far.
    func count(_ verdict: CallbackVerdict) -> Int {
        answers.count { $0.verdict == verdict }
    }

    /// Waits until so many more callbacks were answered.
    func waitForAnswers(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        let wanted = answers.count + count
        try await eventually("\(count) more answers", within: limit) { answers.count >= wanted }
    }

    /// Waits until so many more answers say so.
    func waitFor(_ verdict: CallbackVerdict, more count: Int = 1, within limit: Duration = .seconds(30)) async throws {
        let wanted = self.count(verdict) + count
        try await eventually("\(count) answers that say \(verdict)", within: limit) { self.count(verdict) >= wanted }
    }

    /// Waits until so many callbacks in a row, sent from now on, were answered so.
    func waitForAll(_ verdict: CallbackVerdict, count: Int, within limit: Duration = .seconds(30)) async throws {
        let begin = ContinuousClock.now
        try await eventually("\(count) answers in a row that say \(verdict)", within: limit) {
            let answers = timedAnswers.suffix(count)
            return answers.count == count
                && answers.allSatisfy { $0.answer.verdict == verdict && $0.at - $0.answer.elapsed >= begin }
        }
    }

    /// Waits until all are answered.
    func end() async throws {
        _ = try await run.value
    }

    /// Sends no more. What is under way at this moment gets no answer and counts as `cancelled`.
    func stop() async throws {
        run.cancel()
        _ = try await run.value
    }
}
