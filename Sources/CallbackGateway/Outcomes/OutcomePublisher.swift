internal import AMQP
internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import OutcomeJournal
internal import Wire

/// Brings the records of the journal to the outcomes stream, in order, and lets the journal forget what the broker has
/// confirmed.
///
/// What is sent is always read back from the journal, so what a former process has left and what has gathered while the
/// broker was away take the same way as what came in just now, and nothing of it is held in memory. One message carries
/// all that came within a tenth of a second.
final class OutcomePublisher: Sendable {
    private typealias Shipment = OutcomeShipment<JournalPosition>

    /// The most records in one message.
    static let maximumRecords = 256
    /// About the most bytes of records in one message.
    static let maximumBytes = 262_144
    /// How long records gather for one message, unless it is full before.
    static let gathering = Duration.milliseconds(100)
    /// How long to wait before what the broker refused is sent again.
    static let pause = Duration.milliseconds(500)

    private struct State: Sendable {
        var shipment = Shipment(window: 8)
        var publisher: AMQPPublisher<Int>?
        var isBlocked = false
        var isToPause = false
        /// Up to where the broker has everything, and the journal is yet to be told.
        var confirmed: JournalPosition?
        var confirmedMessages = 0
        var lostMessages = 0
    }

    private let journal: Journal
    private let topology: Topology
    private let run: GatewayRun
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    /// Told when everything in the journal was read.
    private let exhaustions: AsyncStream<Void>
    private let exhausted: AsyncStream<Void>.Continuation

    init(
        journal: Journal,
        topology: Topology,
        run: GatewayRun,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.journal = journal
        self.topology = topology
        self.run = run
        self.now = now
        self.logger = logger
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (exhaustions, exhausted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Messages that the broker has confirmed, and that were lost.
    var messageCounts: (confirmed: Int, lost: Int) {
        state.withLockedValue { ($0.confirmedMessages, $0.lostMessages) }
    }

    /// Publishes until the task is cancelled.
    func run() async {
        await withTaskGroup { group in
            group.addTask {
                for await _ in self.exhaustions {
                    guard await self.journal.waitUntilReadable() else { return }
                    self.wakeUp.yield()
                }
            }
            exhausted.yield()
            for await _ in wakeUps {
                while !Task.isCancelled, await publishNext() {}
            }
            group.cancelAll()
        }
    }

    /// Waits until the broker has everything that is in the journal now, or the time is over.
    ///
    /// - Returns: Whether it has.
    func drain(until deadline: ContinuousClock.Instant) async -> Bool {
        while case let status = journal.status, status.queuedRecords + status.unconfirmedRecords > 0 {
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(10))) != nil else {
                return false
            }
        }
        return true
    }

    /// Tells the journal what the broker has, and publishes what is there, as one message.
    ///
    /// - Returns: Whether there may be more to do now.
    private func publishNext() async -> Bool {
        let (confirmed, isToPause, mustRewind) = state.withLockedValue { state in
            defer { state.isToPause = false }
            return (state.confirmed.take(), state.isToPause, state.shipment.mustRewind)
        }
        if let confirmed { await journal.confirm(upTo: confirmed) }
        if isToPause { try? await Task.sleep(for: Self.pause) }
        if mustRewind {
            journal.rewind()
            state.withLockedValue { $0.shipment.rewound() }
        }
        guard state.withLockedValue({ $0.publisher != nil && !$0.isBlocked && $0.shipment.maySend }) else {
            return false
        }
        let batch: JournalBatch
        do {
            batch = try await journal.read(maximumRecords: Self.maximumRecords, maximumBytes: Self.maximumBytes)
        } catch JournalError.closed {
            return false
        } catch {
            logger.critical("cannot read the journal", metadata: ["error": "\(error)"])
            try? await Task.sleep(for: Self.pause)
            return true
        }
        guard !batch.records.isEmpty else {
            exhausted.yield()
            return false
        }
        send(batch)
        if !batch.hasMore { try? await Task.sleep(for: Self.gathering) }
        return true
    }

    private func send(_ batch: JournalBatch) {
        let numbered = state.withLockedValue { state in
            // The connection may have ended since it was looked for; then the batch is read again.
            state.publisher.flatMap { publisher in state.shipment.send(upTo: batch.end).map { (publisher, $0) } }
        }
        guard let (publisher, number) = numbered else { return journal.rewind() }
        let message = AuditMessage.message(
            records: batch.records,
            id: "\(run.id)/\(number)",
            sentAt: now(),
            topology: topology,
            sender: run.gateway
        )
        publisher.publish(message, token: number)
    }

    // MARK: - The link

    /// There is a connection to publish over.
    func eventsUp(_ publisher: AMQPPublisher<Int>) {
        state.withLockedValue { state in
            state.publisher = publisher
            state.isBlocked = false
        }
        wakeUp.yield()
    }

    /// The connection to publish over is gone.
    func eventsDown() {
        state.withLockedValue { state in
            state.publisher = nil
            state.isBlocked = false
        }
    }

    /// The broker takes no messages, or takes them again.
    func setBlocked(_ isBlocked: Bool) {
        state.withLockedValue { $0.isBlocked = isBlocked }
        wakeUp.yield()
    }

    /// What the broker said of messages that were published; called on the connection's thread.
    func settle(_ outcomes: [(token: Int, outcome: AMQPPublishOutcome)]) {
        for (number, outcome) in outcomes {
            state.withLockedValue { state in
                if outcome == .confirmed { state.confirmedMessages += 1 } else { state.lostMessages += 1 }
                switch outcome {
                case .negativelyAcknowledged, .returned, .blocked: state.isToPause = true
                case .confirmed, .failed: break
                }
                if let end = state.shipment.settled(number, isConfirmed: outcome == .confirmed) {
                    state.confirmed = end
                }
            }
            if outcome != .confirmed {
                logger.warning("records are published again", metadata: ["reason": "\(outcome)"])
            }
        }
        wakeUp.yield()
    }
}
