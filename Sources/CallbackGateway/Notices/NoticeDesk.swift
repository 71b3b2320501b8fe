internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import Wire

/// Takes an accepted notice to where it is kept.
final class NoticeDesk: Sendable {
    private struct State {
        var counters = NoticeCounters()
        var isDraining = false
    }

    private let configuration: GatewayConfiguration
    private let topology: Topology
    private let publisher: ConfirmedPublisher
    private let ids: EventIDSource
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(
        configuration: GatewayConfiguration,
        topology: Topology,
        publisher: ConfirmedPublisher,
        ids: EventIDSource,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.configuration = configuration
        self.topology = topology
        self.publisher = publisher
        self.ids = ids
        self.now = now
        self.logger = logger
    }

    var counters: NoticeCounters {
        var counters = state.withLockedValue { $0.counters }
        counters.pending = publisher.pendingCount
        return counters
    }

    /// From now on new notices are not kept.
    func drain() {
        state.withLockedValue { $0.isDraining = true }
    }

    /// Makes a notice of what a callback tells and has it kept, within the answer budget.
    ///
    /// - Parameter content: What a callback tells that is received then.
    /// - Returns: The id it is kept under.
    /// - Throws: ``BadCallback`` when there is no notice in it.
    func keep(
        _ content: (_ receivedAt: Timestamp) throws(BadCallback) -> Notice.Content
    ) async throws(BadCallback) -> Result<EventID, NotKeptCause> {
        let deadline = ContinuousClock.now.advanced(by: configuration.answerBudget)
        let receivedAt = now()
        let told = try content(receivedAt)
        let notice = Notice(id: ids.next(now: receivedAt), receivedAt: receivedAt, content: told)
        let isDraining = state.withLockedValue { state in
            state.counters.received += 1
            return state.isDraining
        }
        let result = isDraining ? .failure(.draining) : await publish(notice, until: deadline)
        record(result, of: notice)
        return result.map { notice.id }
    }

    private func publish(
        _ notice: Notice,
        until deadline: ContinuousClock.Instant
    ) async -> Result<Void, NotKeptCause> {
        let message = NoticeMessage.message(for: notice, topology: topology, sender: configuration.name)
        return await publisher.keep(notice.id, message, until: deadline)
    }

    private func record(_ result: Result<Void, NotKeptCause>, of notice: Notice) {
        switch result {
        case .success:
            state.withLockedValue { $0.counters.kept += 1 }
            logger.debug("kept", metadata: ["event": "\(notice.id)"])
        case .failure(let cause):
            state.withLockedValue { $0.counters.notKept[cause, default: 0] += 1 }
            logger.warning("not kept", metadata: ["event": "\(notice.id)", "cause": "\(cause.rawValue)"])
        }
    }
}
