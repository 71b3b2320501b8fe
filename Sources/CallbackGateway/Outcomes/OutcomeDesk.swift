internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import OutcomeJournal
internal import Wire

/// Keeps the books of a gateway: every outcome is in the journal before its answer leaves, and every minute is counted.
///
/// What the journal refuses, because it is full or its disk failed, goes to the broker at once, and the answer leaves
/// when the broker has it, or when it has waited as long as for a disk. The outcome is held for the broker longer than
/// that. So is what a disk that hangs refuses in the end, long after its answer. Where neither takes it, that costs no
/// answer; it is counted as unkept, and the minute's count says so in the audit trail.
final class OutcomeDesk: Sendable {
    /// How long an outcome that the journal refused is held for the broker; at most as long again before, when a disk has
    /// refused many at once.
    static let hold = Duration.seconds(60)
    /// How long to wait when the broker's side has no room.
    private static let pause = Duration.milliseconds(100)

    /// Where an outcome is, from good to bad.
    private enum Place: Int {
        case journal
        /// With a disk that is not done.
        case overdue
        case broker
        case nowhere
    }

    /// A place that was told of in the log, and when.
    private struct LoggedPlace {
        /// A full disk that takes an outcome now and then is not to fill the log too.
        static let pause = Duration.seconds(10)

        var place = Place.journal
        var at: ContinuousClock.Instant?

        /// - Returns: Whether this place is to be told of: what is worse at once, what is better after a pause.
        mutating func replace(with next: Place, now: ContinuousClock.Instant) -> Bool {
            let isWorse = next.rawValue > place.rawValue
            guard next != place, isWorse || at.map({ now >= $0.advanced(by: Self.pause) }) ?? true else { return false }
            (place, at) = (next, now)
            return true
        }
    }

    private struct State: Sendable {
        var ledger: MinuteLedger
        var counters = OutcomeCounters()
        var logged = LoggedPlace()
        /// As much as the journal lets wait for its disk.
        var refused = RefusedOutcomes<ContinuousClock.Instant>(maximumBytes: 64 << 20)
        /// Callbacks that were accepted and whose outcomes have not come to their end.
        var openCount = 0
        /// Whether the count of a minute is held for the broker.
        var isTelling = false
    }

    let run: GatewayRun
    private let journal: Journal
    /// Takes what the journal does not.
    private let publisher: ConfirmedPublisher
    private let topology: Topology
    private let ids: EventIDSource
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    init(
        journal: Journal,
        publisher: ConfirmedPublisher,
        topology: Topology,
        run: GatewayRun,
        ids: EventIDSource,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.journal = journal
        self.publisher = publisher
        self.topology = topology
        self.run = run
        self.ids = ids
        self.now = now
        self.logger = logger
        state = NIOLockedValueBox(State(ledger: MinuteLedger(run: run)))
    }

    var counters: OutcomeCounters { state.withLockedValue { $0.counters } }

    /// A callback was accepted.
    func received(_ id: EventID) {
        state.withLockedValue { state in
            state.ledger.received(id.minute)
            state.openCount += 1
        }
    }

    /// Puts an outcome into the journal, or else into the broker's hands.
    ///
    /// - Parameter onKept: Called once when its answer may leave: on any thread, and it must not wait.
    func keep(_ outcome: Outcome, onKept: @escaping @Sendable () -> Void) {
        let record = AuditRecord.outcome(outcome).encoded()
        let (id, cause) = (outcome.event.id, outcome.cause.name)
        let deadline = ContinuousClock.now + journal.patience
        state.withLockedValue { $0.counters.held += 1 }
        journal.append(
            record,
            onEnd: { result in
                switch result {
                case .kept: self.settle(id, cause, .journal)
                case .overtaken: self.settle(id, cause, .overdue)
                case .refused:
                    Task {
                        await self.publish([record], id: id, until: deadline) { self.settle(id, cause, $0) }
                        onKept()
                    }
                    return
                }
                onKept()
            },
            onLateEnd: { result in
                if case .refused = result {
                    self.passOn(RefusedOutcome(id: id, cause: cause, record: record, deadline: .now + Self.hold))
                } else {
                    self.settle(id, cause, .journal, isLate: true)
                }
            }
        )
    }

    /// Takes what a disk has refused after the answer left: a whole queue of it at once, so many go in one message.
    private func passOn(_ outcome: RefusedOutcome<ContinuousClock.Instant>) {
        switch state.withLockedValue({ $0.refused.append(outcome) }) {
        case .waits: break
        case .needsTaker: Task { await passOnRefused() }
        case .refused: settle(outcome.id, outcome.cause, .nowhere, isLate: true)
        }
    }

    private func passOnRefused() async {
        while let batch = state.withLockedValue({ $0.refused.take(now: .now) }) {
            for outcome in batch.over { settle(outcome.id, outcome.cause, .nowhere, isLate: true) }
            guard let last = batch.message.last else { continue }
            let records = batch.message.map(\.record)
            var place: Place?
            repeat {
                place = await publish(records, id: ids.next(now: now()))
                // Nobody waits for these, so others may go first.
                if place == nil { try? await Task.sleep(for: Self.pause) }
            } while place == nil && ContinuousClock.now < last.deadline
            for outcome in batch.message { settle(outcome.id, outcome.cause, place ?? .nowhere, isLate: true) }
        }
    }

    /// An outcome has got to a place; all but ``Place/overdue`` are its end.
    ///
    /// - Parameter isLate: Whether its answer had to leave before.
    private func settle(_ id: EventID, _ cause: String, _ place: Place, isLate: Bool = false) {
        let isNews = state.withLockedValue { state in
            switch place {
            case .journal: state.counters.kept += 1
            case .overdue: state.counters.overtaken += 1
            case .broker: state.counters.direct += 1
            case .nowhere: state.counters.unkept += 1
            }
            if place != .overdue {
                // Together: who waits for what is held closes the books then.
                state.ledger.answered(id.minute, cause: cause, isKept: place != .nowhere)
                state.counters.held -= 1
                state.openCount -= 1
            }
            // Where late ones get to says nothing of where those of now do.
            return (!isLate || place == .nowhere) && state.logged.replace(with: place, now: .now)
        }
        guard isNews else { return }
        var metadata: Logger.Metadata = ["event": "\(id)"]
        if place != .journal, let failure = journal.status.lastFailure { metadata["error"] = "\(failure)" }
        switch place {
        case .journal: logger.notice("outcomes are in the journal in time again", metadata: metadata)
        case .overdue: logger.error("the journal is slow", metadata: metadata)
        case .broker: logger.critical("the journal takes no outcomes, the broker does", metadata: metadata)
        case .nowhere: logger.critical("outcomes are not kept", metadata: metadata)
        }
    }

    /// Hands records to the broker as one message, and holds it until the broker has it or ``hold`` is over.
    ///
    /// - Returns: Where they are; nil when too many others are held.
    private func publish(_ records: [[UInt8]], id: EventID) async -> Place? {
        let message = AuditMessage.message(
            records: records,
            id: id.description,
            sentAt: now(),
            topology: topology,
            sender: run.gateway
        )
        switch await publisher.keep(id, message, until: .now + Self.hold) {
        case .success: return .broker
        case .failure(.overloaded): return nil
        case .failure: return .nowhere
        }
    }

    /// The same, for those who do not wait that long.
    ///
    /// - Parameters:
    ///   - deadline: When to return at the latest.
    ///   - onSettled: Called once, and it may be after the return.
    private func publish(
        _ records: [[UInt8]],
        id: EventID,
        until deadline: ContinuousClock.Instant,
        onSettled: @escaping @Sendable (Place) -> Void
    ) async {
        await withCheckedContinuation { continuation in
            let waiter = NIOLockedValueBox<CheckedContinuation<Void, Never>?>(continuation)
            Task {
                onSettled(await publish(records, id: id) ?? .nowhere)
                waiter.withLockedValue { $0.take() }?.resume()
            }
            Task {
                try? await ContinuousClock().sleep(until: deadline)
                waiter.withLockedValue { $0.take() }?.resume()
            }
        }
    }

    /// Waits until every callback has an outcome, also those whose connections are gone, and every outcome has come to its
    /// end; or the time is over.
    ///
    /// - Returns: Whether all have.
    func settle(until deadline: ContinuousClock.Instant) async -> Bool {
        while state.withLockedValue({ $0.openCount > 0 }) {
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(10))) != nil else {
                return false
            }
        }
        return true
    }

    /// Puts decisions that came too late into the journal. Nobody waits for that.
    func keep(_ replies: [LateReply]) {
        let receivedAt = now()
        let records = replies.compactMap { late -> [UInt8]? in
            guard case .decision(let decision) = late.reply.content else { return nil }
            return AuditRecord.lateDecision(
                LateDecision(
                    eventID: late.reply.eventID,
                    decision: decision,
                    worker: late.reply.worker,
                    run: run,
                    receivedAt: receivedAt,
                    lateBy: late.lateBy.microseconds
                )
            ).encoded()
        }
        guard !records.isEmpty else { return }
        state.withLockedValue { $0.counters.lateDecisions += records.count }
        journal.enqueue(records)
    }

    /// Closes the books of each minute when it is over, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            _ = await tell { $0.close(now: now()) }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Closes all books: every callback is answered, and none comes any more.
    func closeBooks() async {
        for minute in await tell({ $0.closeAll() }) {
            logger.critical(
                "the count of a minute may be lost",
                metadata: [
                    "minute": "\(minute.minute)", "received": "\(minute.received)", "unkept": "\(minute.unkept)",
                ]
            )
        }
    }

    /// - Returns: The minutes that nobody could be told of.
    private func tell(_ close: (inout MinuteLedger) -> [GatewayMinute]) async -> ArraySlice<GatewayMinute> {
        var untold = state.withLockedValue { close(&$0.ledger) }[...]
        // What takes one minute takes the others.
        while let minute = untold.first, await tell(of: minute) { untold.removeFirst() }
        if !untold.isEmpty { state.withLockedValue { for minute in untold { $0.ledger.notTold(minute.minute) } } }
        return untold
    }

    private func tell(of minute: GatewayMinute) async -> Bool {
        let record = AuditRecord.minute(minute).encoded()
        switch await journal.append(record) {
        case .kept: return true
        case .overtaken: return false
        case .refused: break
        }
        // One at a time: more would only take the place of outcomes.
        let isTelling = state.withLockedValue { state in
            defer { state.isTelling = true }
            return state.isTelling
        }
        guard !isTelling else { return false }
        let isTold = NIOLockedValueBox(false)
        await publish([record], id: ids.next(now: now()), until: .now + journal.patience) { place in
            self.state.withLockedValue { $0.isTelling = false }
            isTold.withLockedValue { $0 = place == .broker }
        }
        return isTold.withLockedValue { $0 }
    }
}
