internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// Where the one that sends replayed events meets what comes of them.
final class ReplayDesk: Sendable {
    /// An event that is replayed.
    struct Passenger: Sendable {
        var candidate: ReplayCandidate
        var event: StreamEvent
    }

    /// What came of an event.
    struct Result: Sendable {
        var passenger: Passenger
        var cause: Outcome.Cause
        var worker: String?
        /// Microseconds from the publish to the reply.
        var replyTime: Int?
    }

    /// How long nothing is sent after the broker has refused an event: the queue is full, or the broker is short of memory.
    private static let pause: Duration = .seconds(1)

    /// So many events in a row without a reply are enough: nobody decides.
    static let longestSilence = 128

    private struct State: Sendable {
        var flight: ReplayFlight<Passenger, ContinuousClock.Instant>
        var results: [Result] = []
        var refused: [ReplayCandidate] = []
        var failure: (any Error)?
        /// How many events in a row had no reply in time.
        var silences = 0
        var waiter: CheckedContinuation<Void, Never>?

        /// Whoever waits is to look again.
        mutating func wake() -> CheckedContinuation<Void, Never>? { waiter.take() }
    }

    private let state: NIOLockedValueBox<State>

    init(rate: Int, capacity: Int, patience: Duration) {
        state = NIOLockedValueBox(
            State(flight: ReplayFlight(rate: rate, capacity: capacity, patience: patience, now: .now))
        )
    }

    // MARK: - The one that sends

    /// Waits until an event may be sent, and counts it as sent.
    ///
    /// - Throws: Why no more can be sent.
    func takeOff(_ passenger: Passenger) async throws {
        while true {
            let turn = try state.withLockedValue { state in
                if let failure = state.failure { throw failure }
                let now = ContinuousClock.now
                let turn = state.flight.turn(now: now)
                if turn == .now { state.flight.sent(passenger.event.id, passenger, now: now) }
                return turn
            }
            switch turn {
            case .now: return
            case .at(let instant): try? await Task.sleep(until: instant, clock: .continuous)
            case .whenOneEnds: await change { $0.flight.turn(now: .now) != .whenOneEnds }
            }
        }
    }

    /// Whether nothing is on its way, and all that has come was taken: an event may be refused before anybody looks.
    var isCleared: Bool {
        state.withLockedValue { $0.flight.isEmpty && $0.results.isEmpty && $0.refused.isEmpty }
    }

    /// Waits until nothing is on its way, or nothing more can come.
    func landed() async {
        await change { $0.flight.isEmpty }
    }

    /// Waits until nothing is on its way.
    ///
    /// - Throws: Why nothing more can come.
    func landing() async throws {
        await landed()
        if let failure = state.withLockedValue({ $0.failure }) { throw failure }
    }

    /// What has come of events since the last call, and those that the broker did not take.
    func take() -> (results: [Result], refused: [ReplayCandidate]) {
        state.withLockedValue { state in
            defer { (state.results, state.refused) = ([], []) }
            return (state.results, state.refused)
        }
    }

    /// Waits until something is so, or there is a failure.
    private func change(until isSo: @Sendable (State) -> Bool) async {
        var isDone = false
        while !isDone {
            await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                isDone = state.withLockedValue { state in
                    if state.failure != nil || isSo(state) { return true }
                    precondition(state.waiter == nil, "two wait at one desk")
                    state.waiter = waiter
                    return false
                }
                if isDone { waiter.resume() }
            }
        }
    }

    // MARK: - What comes

    /// Replies have come.
    func replied(_ replies: [Reply]) {
        state.withLockedValue { state in
            let now = ContinuousClock.now
            if !replies.isEmpty { state.silences = 0 }
            for reply in replies {
                guard let (passenger, time) = state.flight.ended(reply.eventID, now: now) else { continue }
                let cause: Outcome.Cause =
                    switch reply.content {
                    case .decision(let decision): .decision(decision)
                    case .failure(let cause): .fallback(cause)
                    }
                state.results.append(
                    Result(passenger: passenger, cause: cause, worker: reply.worker, replyTime: time.microseconds)
                )
            }
            return state.wake()
        }?.resume()
    }

    /// The broker has said what became of a publish.
    func published(_ outcomes: [(token: EventID, outcome: AMQPPublishOutcome)]) {
        state.withLockedValue { state in
            let now = ContinuousClock.now
            for (id, outcome) in outcomes {
                switch outcome {
                case .confirmed: continue
                case .negativelyAcknowledged, .blocked:
                    guard let (passenger, _) = state.flight.ended(id, now: now) else { continue }
                    state.refused.append(passenger.candidate)
                    state.flight.pause(for: Self.pause, now: now)
                case .returned(_, let text):
                    state.failure = state.failure ?? EventReplayError(.noQueue, text)
                case .failed(let error): state.failure = state.failure ?? error
                }
            }
            return state.wake()
        }?.resume()
    }

    /// Events whose replies have taken too long end as the callbacks of a gateway do.
    func expire() {
        state.withLockedValue { state in
            for passenger in state.flight.expired(now: .now) {
                state.results.append(Result(passenger: passenger, cause: .fallback(.timeout)))
                state.silences += 1
            }
            if state.silences >= Self.longestSilence, state.failure == nil {
                state.failure = EventReplayError(.noWorker, "\(state.silences) events in a row had no reply")
            }
            return state.wake()
        }?.resume()
    }

    /// No more can be sent.
    func fail(_ error: any Error) {
        state.withLockedValue { state in
            state.failure = state.failure ?? error
            return state.wake()
        }?.resume()
    }
}
