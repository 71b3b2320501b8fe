internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// Where events wait that could not be decided because somebody else had locked what they would reserve.
///
/// Whoever works them off takes all that are there, and puts back those that are still contended.
final class ContendedEvents: Sendable {
    /// One event.
    struct Item: Sendable {
        let request: EventRequest
        /// Where its reply goes out.
        let channel: AMQPChannel
        let connection: AMQPConnection
        /// When it is too late for a decision.
        let limit: ContinuousClock.Instant
    }

    private struct State: Sendable {
        var items: [Item] = []
        var taker: CheckedContinuation<[Item], Never>?
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())

    /// Adds events, behind those that wait already.
    func put(_ items: [Item]) {
        guard !items.isEmpty else { return }
        let (taker, all) = state.withLockedValue { state -> (CheckedContinuation<[Item], Never>?, [Item]) in
            state.items += items
            guard let taker = state.taker.take() else { return (nil, []) }
            defer { state.items = [] }
            return (taker, state.items)
        }
        taker?.resume(returning: all)
    }

    /// Takes all that wait, or waits for the next; none once it is closed and empty.
    func take() async -> [Item] {
        await withCheckedContinuation { taker in
            let items = state.withLockedValue { state -> [Item]? in
                if state.items.isEmpty, !state.isClosed {
                    precondition(state.taker == nil, "two take contended events")
                    state.taker = taker
                    return nil
                }
                defer { state.items = [] }
                return state.items
            }
            if let items { taker.resume(returning: items) }
        }
    }

    /// What waits can still be taken, and put back.
    func close() {
        state.withLockedValue { state -> CheckedContinuation<[Item], Never>? in
            state.isClosed = true
            return state.taker.take()
        }?.resume(returning: [])
    }
}
