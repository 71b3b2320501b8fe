internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// Tells the audit trail of a replay: records over a channel of their own, and whether the broker has them.
final class ReplayRecords: Sendable {
    /// How many records one message carries at most.
    private static let messageSize = 128

    private struct State: Sendable {
        var sent = 0
        var unconfirmed = 0
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
                for (_, outcome) in outcomes {
                    state.unconfirmed -= 1
                    if outcome != .confirmed, state.failure == nil {
                        state.failure = EventReplayError(.notRecorded, "\(outcome)")
                    }
                }
            }
        }
    }

    /// Sends records.
    ///
    /// - Throws: ``EventReplayError`` when earlier ones were not kept.
    func send(_ records: [AuditRecord]) throws {
        for start in stride(from: 0, to: records.count, by: Self.messageSize) {
            let part = records[start..<min(records.count, start + Self.messageSize)]
            let number = try state.withLockedValue { state in
                if let failure = state.failure { throw failure }
                state.sent += 1
                state.unconfirmed += 1
                return state.sent
            }
            let message = AuditMessage.message(
                records: part.map { $0.encoded() },
                id: "\(run.id)/\(number)",
                sentAt: now(),
                topology: topology,
                sender: "replay"
            )
            publisher.publish(message, token: number)
        }
    }

    /// Waits until the broker has all of them.
    ///
    /// - Throws: ``EventReplayError`` when it does not keep one, or is not done within ten seconds.
    func settle() async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let isSettled = try state.withLockedValue { state in
                if let failure = state.failure { throw failure }
                return state.unconfirmed == 0
            }
            if isSettled { return }
            guard ContinuousClock.now < deadline else { throw EventReplayError(.notRecorded, "no confirm came") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
