internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// Sees to it that the audit trail knows of the decisions that no gateway took, and the gateways too: the platform asks
/// another one the same.
///
/// They are published over channels of their own. Unlike a gateway's outcomes the records stand in no journal: what the
/// broker does not take is counted, and nothing else depends on it.
final class ReturnedReplies: Sendable {
    private let topology: Topology
    private let worker: String
    private let now: @Sendable () -> Timestamp
    private let state = NIOLockedValueBox(State())

    private struct State: Sendable {
        var publisher: AMQPPublisher<Int>?
        /// To tell the gateways over; what goes wrong there must not cost a record.
        var late: AMQPChannel?
        var unkept = 0
        var told = 0
        /// Some batches of the usual size.
        var events = RepliedEvents(limit: 2_048)
    }

    init(topology: Topology, worker: String, now: @escaping @Sendable () -> Timestamp) {
        self.topology = topology
        self.worker = worker
        self.now = now
    }

    /// Decisions that the audit trail will not know of.
    var unkept: Int { state.withLockedValue { $0.unkept } }

    /// Decisions that the gateways were told of.
    var told: Int { state.withLockedValue { $0.told } }

    /// Replies to these are about to be published.
    func replying(to requests: [EventRequest]) {
        state.withLockedValue { $0.events.replied(to: requests) }
    }

    /// Publishes over this connection from now on.
    func begin(on connection: AMQPConnection) async throws {
        let channel = try await connection.openChannel()
        let publisher = try await channel.makePublisher { (outcomes: [(token: Int, outcome: AMQPPublishOutcome)]) in
            for (records, outcome) in outcomes where outcome != .confirmed { self.lost(records) }
        }
        let late = try await connection.openChannel()
        state.withLockedValue { state in
            state.publisher = publisher
            state.late = late
        }
    }

    /// The broker has returned messages with replies.
    ///
    /// - Returns: How many replies.
    func took(_ returned: [AMQPReturn]) -> Int {
        let returnedAt = now()
        var count = 0
        var undelivered: [UndeliverableReply] = []
        for returned in returned {
            let replies = ReplyMessage.readableReplies(in: returned.body)
            count += replies.count
            // Whoever replays knows what has no answer; the trail is about callbacks.
            guard returned.properties.headers[ReplayMark.originalHeader] == nil else { continue }
            for reply in replies {
                guard case .decision(let decision) = reply.content else { continue }
                undelivered.append(
                    UndeliverableReply(
                        eventID: reply.eventID,
                        decision: decision,
                        worker: worker,
                        returnedAt: returnedAt
                    )
                )
            }
        }
        keep(undelivered, at: returnedAt)
        return count
    }

    private func keep(_ replies: [UndeliverableReply], at returnedAt: Timestamp) {
        guard let first = replies.first?.eventID else { return }
        let records = replies.map { AuditRecord.undeliverableReply($0).encoded() }
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
        tell(replies, at: returnedAt)
    }

    private func tell(_ replies: [UndeliverableReply], at now: Timestamp) {
        let (events, channel) = state.withLockedValue { ($0.events.events(replies.map(\.eventID)), $0.late) }
        let messages = replies.compactMap { reply -> AMQPMessage? in
            // A reservation that it took may end before anybody asks again, so such a decision is nobody else's answer.
            guard let event = events[reply.eventID],
                let answer = try? LateAnswer(event: event, decision: reply.decision, worker: worker)
            else { return nil }
            return answer.message(body: answer.encodedBody(), sentAt: now, topology: topology, sender: worker)
        }
        guard let channel, channel.endError == nil, !messages.isEmpty else { return }
        channel.publish(messages)
        state.withLockedValue { $0.told += messages.count }
    }

    private func lost(_ records: Int) {
        state.withLockedValue { $0.unkept += records }
    }
}
