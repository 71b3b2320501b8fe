internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import OutcomeJournal
internal import Wire

/// Keeps the books of a gateway: every outcome is in the journal before its answer leaves, and every minute is counted.
///
/// A journal that takes nothing more costs no answer. Such an outcome is counted as unkept, and the minute's count says
/// so in the audit trail.
final class OutcomeDesk: Sendable {
    private struct State: Sendable {
        var ledger: MinuteLedger
        var counters = OutcomeCounters()
        var isRefused = false
    }

    let run: GatewayRun
    private let journal: Journal
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    init(
        journal: Journal,
        run: GatewayRun,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.journal = journal
        self.run = run
        self.now = now
        self.logger = logger
        state = NIOLockedValueBox(State(ledger: MinuteLedger(run: run)))
    }

    var counters: OutcomeCounters { state.withLockedValue { $0.counters } }

    /// A callback was accepted.
    func received(_ id: EventID) {
        state.withLockedValue { $0.ledger.received(id.minute) }
    }

    /// Puts an outcome into the journal; its answer may leave when this returns.
    func keep(_ outcome: Outcome) async {
        let result = await journal.append(AuditRecord.outcome(outcome).encoded())
        let (isKept, isNews) = state.withLockedValue { state in
            let isKept =
                switch result {
                case .kept, .overtaken: true
                case .refused: false
                }
            switch result {
            case .kept: state.counters.kept += 1
            case .overtaken: state.counters.overtaken += 1
            case .refused: state.counters.unkept += 1
            }
            state.ledger.answered(outcome.event.id.minute, cause: outcome.cause.name, isKept: isKept)
            defer { state.isRefused = !isKept }
            return (isKept, state.isRefused == isKept)
        }
        guard isNews else { return }
        if case .refused(let error) = result {
            logger.critical("outcomes are not kept", metadata: ["event": "\(outcome.event.id)", "error": "\(error)"])
        } else if isKept {
            logger.notice("outcomes are kept again")
        }
    }

    /// Puts decisions that came too late into the journal. Nobody waits for that.
    func keep(_ replies: [LateReply<AwaitedEvent>]) {
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
            tell { $0.close(now: now()) }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Closes all books: every callback is answered, and none comes any more.
    func closeBooks() {
        tell { $0.closeAll() }
    }

    private func tell(_ close: (inout MinuteLedger) -> [GatewayMinute]) {
        let minutes = state.withLockedValue { close(&$0.ledger) }
        if !minutes.isEmpty { journal.enqueue(minutes.map { AuditRecord.minute($0).encoded() }) }
    }
}
