internal import AMQP
internal import NIOConcurrencyHelpers

/// Where the broker's deliveries wait for the worker, which takes all that are there at once.
///
/// Bounded by the prefetch: the broker hands out no more until a batch is acknowledged.
final class DeliveryInbox: Sendable {
    /// Deliveries of one channel, which is where they are to be acknowledged.
    struct Batch: Sendable {
        let connection: AMQPConnection
        let channel: AMQPChannel
        var deliveries: [AMQPDelivery]
    }

    private struct State: Sendable {
        var batch: Batch?
        var taker: CheckedContinuation<Batch?, Never>?
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())

    /// How many wait.
    var count: Int { state.withLockedValue { $0.batch?.deliveries.count ?? 0 } }

    /// Puts deliveries in. Those of another channel that still lie here are dropped: their channel is gone, so the
    /// broker hands them out again.
    func put(_ deliveries: [AMQPDelivery], from channel: AMQPChannel, of connection: AMQPConnection) {
        let (taker, batch) = state.withLockedValue { state -> (CheckedContinuation<Batch?, Never>?, Batch?) in
            if state.batch?.channel === channel {
                state.batch?.deliveries.append(contentsOf: deliveries)
            } else {
                state.batch = Batch(connection: connection, channel: channel, deliveries: deliveries)
            }
            guard let taker = state.taker.take() else { return (nil, nil) }
            return (taker, state.batch.take())
        }
        taker?.resume(returning: batch)
    }

    /// Takes everything that is there, or waits for the next; nil once the inbox is closed and empty.
    func take() async -> Batch? {
        await withCheckedContinuation { taker in
            let result = state.withLockedValue { state -> Batch?? in
                if let batch = state.batch.take() { return .some(batch) }
                if state.isClosed { return .some(nil) }
                precondition(state.taker == nil, "two take from one inbox")
                state.taker = taker
                return nil
            }
            if let result { taker.resume(returning: result) }
        }
    }

    /// What is in the inbox can still be taken.
    func close() {
        state.withLockedValue { state in
            state.isClosed = true
            return state.taker.take()
        }?.resume(returning: nil)
    }
}
