public import AMQP
internal import NIOConcurrencyHelpers

/// Where the messages of one term wait to be taken, many at once, and where the term's end is told.
///
/// Bounded by the prefetch: the broker hands out no more until a batch is acknowledged. What is not taken is not lost,
/// because the stream keeps it.
public final class StreamInbox: Sendable {
    private struct State: Sendable {
        var deliveries: [AMQPDelivery] = []
        var hasReceived = false
        var taker: (task: CheckedContinuation<[AMQPDelivery]?, any Error>, maximumBytes: Int)?
        var end: Result<Void, any Error>?

        mutating func takeFirst(upTo maximumBytes: Int) -> [AMQPDelivery] {
            var bytes = 0
            // At least one: a message may be longer than that.
            let fitting = deliveries.prefix { delivery in
                defer { bytes += delivery.body.count }
                return bytes == 0 || bytes + delivery.body.count <= maximumBytes
            }
            if fitting.count == deliveries.count {
                defer { deliveries = [] }
                return deliveries
            }
            defer { deliveries.removeFirst(fitting.count) }
            return Array(fitting)
        }
    }

    private let state = NIOLockedValueBox(State())

    /// An inbox with nothing in it.
    public init() {}

    /// Whether anything ever came.
    public var hasReceived: Bool { state.withLockedValue { $0.hasReceived } }

    /// Puts messages in.
    public func put(_ deliveries: [AMQPDelivery]) {
        guard !deliveries.isEmpty else { return }
        let (taker, taken) = state.withLockedValue { state in
            state.hasReceived = true
            state.deliveries += deliveries
            guard let taker = state.taker.take() else {
                return (CheckedContinuation<[AMQPDelivery]?, any Error>?.none, [AMQPDelivery]())
            }
            return (taker.task, state.takeFirst(upTo: taker.maximumBytes))
        }
        taker?.resume(returning: taken)
    }

    /// Takes what is there, or waits for the next; nil once the term is to end.
    ///
    /// - Parameter maximumBytes: The most bytes of bodies, unless the first message alone has more; by default
    ///   everything is taken.
    /// - Throws: Why the term cannot go on.
    public func take(maximumBytes: Int = .max) async throws -> [AMQPDelivery]? {
        try await withCheckedThrowingContinuation { taker in
            let result = state.withLockedValue { state -> Result<[AMQPDelivery]?, any Error>? in
                if let end = state.end { return end.map { nil } }
                if !state.deliveries.isEmpty { return .success(state.takeFirst(upTo: maximumBytes)) }
                precondition(state.taker == nil, "two take from one inbox")
                state.taker = (taker, maximumBytes)
                return nil
            }
            if let result { taker.resume(with: result) }
        }
    }

    /// Ends the term; the first end counts. What is in the inbox stays in the stream.
    ///
    /// - Parameter error: Why it cannot go on; nil when it is to stop in an orderly way.
    public func end(_ error: (any Error)? = nil) {
        let end: Result<Void, any Error> = error.map { .failure($0) } ?? .success(())
        let taker = state.withLockedValue { state -> CheckedContinuation<[AMQPDelivery]?, any Error>? in
            guard state.end == nil else { return nil }
            state.end = end
            return state.taker.take()?.task
        }
        taker?.resume(with: end.map { nil })
    }
}
