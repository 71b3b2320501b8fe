import AMQP
import DecisionCore
import Foundation
import NIOConcurrencyHelpers
import Wire

/// Publishes events and hears of their replies.
final class FloorExchange: Sendable {
    private struct State {
        var ids = EventIDGenerator()
        var random = SystemRandomNumberGenerator()
        var tally: FloorTally
    }

    private let channel: AMQPChannel
    private let topology: Topology
    private let replyQueue: String
    /// When nothing is due any more.
    private let end: ContinuousClock.Instant
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - channel: What the events are published on.
    ///   - topology: Where they go.
    ///   - replyQueue: The queue that takes their replies.
    ///   - measured: From when on events are measured, and when none is due any more.
    init(channel: AMQPChannel, topology: Topology, replyQueue: String, measured: Range<ContinuousClock.Instant>) {
        self.channel = channel
        self.topology = topology
        self.replyQueue = replyQueue
        end = measured.upperBound
        state = NIOLockedValueBox(State(tally: FloorTally(measured: measured)))
    }

    /// What came of it, as `needrecord push` prints it.
    var json: String { state.withLockedValue { $0.tally.json } }

    /// Publishes an event for each of these moments, in one go, unless they are after the end.
    func publish(due moments: [ContinuousClock.Instant]) {
        let messages = state.withLockedValue { state in
            moments.filter { $0 < end }.map { message(due: $0, &state) }
        }
        if !messages.isEmpty { channel.publish(messages) }
    }

    /// Publishes events when they are due, until the end, whatever comes back. Whoever is behind publishes at once, and
    /// the delay counts.
    func publish(_ arrivals: Arrivals, from begin: ContinuousClock.Instant) async throws {
        var arrivals = arrivals
        var next = begin + arrivals.next()
        while next < end {
            try await Task.sleep(until: next, tolerance: .zero, clock: .continuous)
            let now = ContinuousClock.now
            var moments: [ContinuousClock.Instant] = []
            while next <= now, next < end {
                moments.append(next)
                next = begin + arrivals.next()
            }
            publish(due: moments)
        }
    }

    func received(_ deliveries: [AMQPDelivery]) {
        let now = ContinuousClock.now
        state.withLockedValue { state in
            for delivery in deliveries {
                if let id = delivery.properties.correlationID { state.tally.received(id, at: now) }
            }
        }
    }

    /// Waits for the replies that are still to come, as long as `needrecord push` waits for an answer.
    func finish() async throws {
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline, !state.withLockedValue({ $0.tally.isComplete }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        state.withLockedValue { $0.tally.giveUp(at: .now) }
    }

    private func message(due: ContinuousClock.Instant, _ state: inout State) -> AMQPMessage {
        let now = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
        let id = state.ids.next(now: now, using: &state.random)
        let event = StreamEvent(
            id: id,
            receivedAt: now,
            domain: "test.com",
            app: "test123",
            stream: "teststream-\(id.low % 1_000)",
            bitrate: 2_000
        )
        state.tally.sent(id.description, due: due)
        return EventRequest.message(
            event: event,
            body: event.encodedBody(),
            replyTo: replyQueue,
            deadline: now.advanced(by: topology.answerBudget),
            remaining: topology.answerBudget,
            topology: topology,
            run: GatewayRun(gateway: "floor", id: id)
        )
    }
}
