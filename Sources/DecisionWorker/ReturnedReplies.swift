internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// Sees to it that the audit trail knows of the decisions that no gateway took.
///
/// They are published as records over a channel of their own. Unlike a gateway's outcomes they stand in no journal: what
/// the broker does not take is counted, and nothing else depends on it.
final class ReturnedReplies: Sendable {
    private let topology: Topology
    private let worker: String
    private let now: @Sendable () -> Timestamp
    private let state = NIOLockedValueBox(State())

    private struct State: Sendable {
        var publisher: AMQPPublisher<Int>?
        var unkept = 0
    }

    init(topology: Topology, worker: String, now: @escaping @Sendable () -> Timestamp) {
        self.topology = topology
        self.worker = worker
        self.now = now
    }

    /// Decisions that the audit trail will not know of.
    var unkept: Int { state.withLockedValue { $0.unkept } }

    /// Publishes over this connection from now on.
    func begin(on connection: AMQPConnection) async throws {
        let channel = try await connection.openChannel()
        let publisher = try await channel.makePublisher { (outcomes: [(token: Int, outcome: AMQPPublishOutcome)]) in
            for (records, outcome) in outcomes where outcome != .confirmed { self.lost(records) }
        }
        state.withLockedValue { $0.publisher = publisher }
    }

    /// The broker has returned replies.
    func took(_ returned: [AMQPReturn]) {
        let returnedAt = now()
        let records = returned.compactMap { returned -> [UInt8]? in
            // Whoever replays knows what has no answer; the trail is about callbacks.
            guard returned.properties.headers[ReplayMark.originalHeader] == nil else { return nil }
            guard let reply = try? Reply(decodingBody: returned.body), case .decision(let decision) = reply.content
            else { return nil }
            return AuditRecord.undeliverableReply(
                UndeliverableReply(
                    eventID: reply.eventID,
                    decision: decision,
                    worker: worker,
                    returnedAt: returnedAt
                )
            ).encoded()
        }
        guard let first = returned.first?.properties.correlationID, !records.isEmpty else { return }
        guard let publisher = state.withLockedValue({ $0.publisher }) else { return lost(records.count) }
        let message = AuditMessage.message(
            records: records,
            // An event's reply is returned once to each worker that decided it.
            id: "\(first)/\(worker)",
            sentAt: returnedAt,
            topology: topology,
            sender: worker
        )
        publisher.publish(message, token: records.count)
    }

    private func lost(_ records: Int) {
        state.withLockedValue { $0.unkept += records }
    }
}
