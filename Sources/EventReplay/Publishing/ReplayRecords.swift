internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// Tells the audit trail of a replay: records over a channel of their own, and whether the broker has them.
final class ReplayRecords: Sendable {
    /// How many records one message carries at most.
    private static let messageSize = 128
    /// How long to leave a broker alone that takes no messages for the time being.
    private static let pause: Duration = .seconds(1)

    private struct State: Sendable {
        var sent = 0
        /// What the broker has not confirmed, by its number.
        var unconfirmed: [Int: AMQPMessage] = [:]
        /// What it has refused, and when that is to be sent again.
        var refused: [Int] = []
        var retryAt: ContinuousClock.Instant?
        var failure: EventReplayError?
    }

    private let topology: Topology
    private let run: ReplayRun
    private let now: @Sendable () -> Timestamp
    private let publisher: AMQPPublisher<Int>
    private let state: NIOLockedValueBox<State>

    init(
        _ run: ReplayRun,
        topology: Topology,
        on connection: AMQPConnection,
        now: @escaping @Sendable () -> Timestamp
    ) async throws {
        self.topology = topology
        self.run = run
        self.now = now
        let state = NIOLockedValueBox(State())
        self.state = state
        publisher = try await connection.openChannel().makePublisher { outcomes in
            state.withLockedValue { state in
                for (number, outcome) in outcomes {
                    switch outcome {
                    case .confirmed: state.unconfirmed[number] = nil
                    case .blocked, .negativelyAcknowledged:
                        // A record that comes twice is written once.
                        state.refused.append(number)
                        state.retryAt = .now + Self.pause
                    case .failed, .returned:
                        state.failure = state.failure ?? EventReplayError(.notRecorded, "\(outcome)")
                    }
                }
            }
        }
    }

    /// Sends records.
    ///
    /// - Throws: ``EventReplayError`` when earlier ones were not kept.
    func send(_ records: [AuditRecord]) throws {
        try sendAgain()
        for start in stride(from: 0, to: records.count, by: Self.messageSize) {
            let part = records[start..<min(records.count, start + Self.messageSize)]
            let number = state.withLockedValue { state in
                state.sent += 1
                return state.sent
            }
            let message = AuditMessage.message(
                records: part.map { $0.encoded() },
                id: "\(run.id)/\(number)",
                sentAt: now(),
                topology: topology,
                sender: "replay"
            )
            state.withLockedValue { $0.unconfirmed[number] = message }
            publisher.publish(message, token: number)
        }
    }

    /// Sends what the broker has refused, when it has had time.
    private func sendAgain() throws {
        let messages = try state.withLockedValue { state -> [(message: AMQPMessage, token: Int)] in
            if let failure = state.failure { throw failure }
            guard let retryAt = state.retryAt, retryAt <= .now else { return [] }
            defer { (state.refused, state.retryAt) = ([], nil) }
            return state.refused.compactMap { number in state.unconfirmed[number].map { ($0, number) } }
        }
        if !messages.isEmpty { publisher.publish(messages) }
    }

    /// Waits until the broker has all of them.
    ///
    /// - Throws: ``EventReplayError`` when it does not keep one, or is not done within half a minute.
    func settle() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            try sendAgain()
            if state.withLockedValue({ $0.unconfirmed.isEmpty }) { return }
            guard ContinuousClock.now < deadline else { throw EventReplayError(.notRecorded, "no confirm came") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
