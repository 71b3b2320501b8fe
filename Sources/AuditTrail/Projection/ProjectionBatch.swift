internal import AMQP
internal import DecisionCore
internal import Postgres
internal import Wire

/// One batch of messages of the outcomes stream: sorted, and ready to be written.
///
/// A pure value: it reads no clock and talks to nobody, so all that an auditor does with a message is decided here.
struct ProjectionBatch {
    /// Where the stream had been read to before it.
    private let start: StreamPosition
    private let deliveries: [AMQPDelivery]
    private let topology: Topology
    private let auditor: String
    /// Where the stream has been read to with this batch.
    private(set) var position: StreamPosition
    /// What is to be written, in the order of the stream.
    private(set) var notices: [Notice] = []
    /// What is to be in the dead queue before the batch is written.
    private(set) var deadLetters: [AMQPMessage] = []

    /// The offset that must be the stored one for this batch to be the next.
    var previousOffset: Int64 { start.next }

    /// The messages that retention removed before this batch.
    var missed: Int64 { position.missed }

    /// Whether the batch changes anything; otherwise all of it was read before.
    var isEmpty: Bool { position.next == previousOffset }

    /// Sorts deliveries: what was read before is skipped, what cannot be understood is dead, the rest is to be written.
    ///
    /// - Throws: ``AuditorError`` when a delivery has no offset, or is not what was read at its offset before.
    init(
        _ deliveries: [AMQPDelivery],
        after position: StreamPosition,
        topology: Topology,
        auditor: String
    ) throws(AuditorError) {
        self.position = position
        start = position
        self.deliveries = deliveries
        self.topology = topology
        self.auditor = auditor
        for delivery in deliveries {
            let offset = try Self.offset(of: delivery)
            let name = StreamPosition.name(of: delivery.properties, at: offset)
            guard try self.position.received(offset, name: name) else { continue }
            do throws(WireError) {
                notices.append(try Self.notice(in: delivery))
            } catch {
                deadLetters.append(letter(for: delivery, at: offset, reason: error))
            }
        }
    }

    /// The same messages, each as a batch of its own, without those that were read before.
    func split() throws(AuditorError) -> [ProjectionBatch] {
        var batches: [ProjectionBatch] = []
        var position = start
        for delivery in deliveries {
            let batch = try ProjectionBatch([delivery], after: position, topology: topology, auditor: auditor)
            position = batch.position
            position.accountedForMissed()
            if !batch.isEmpty { batches.append(batch) }
        }
        return batches
    }

    /// The same messages, none of which is to be written any more: all are to be in the dead queue.
    ///
    /// - Parameter refusal: What the database says of their data.
    func refused(_ refusal: PostgresError) throws(AuditorError) -> ProjectionBatch {
        // The names of the schema and the SQLSTATE are no values; the server's message may quote some.
        let constraint = refusal.constraint.map { ", constraint \($0)" } ?? ""
        let reason = WireError(.invalidField, "refused by the database with \(refusal)\(constraint)")
        var batch = self
        batch.notices = []
        batch.deadLetters = []
        for delivery in deliveries {
            let offset = try Self.offset(of: delivery)
            guard offset >= previousOffset else { continue }
            batch.deadLetters.append(letter(for: delivery, at: offset, reason: reason))
        }
        return batch
    }

    private func letter(for delivery: AMQPDelivery, at offset: Int64, reason: WireError) -> AMQPMessage {
        var letter = DeadLetter.message(for: delivery, reason: reason, topology: topology, sender: auditor)
        // Without an id the broker's refusal of the letter could not be told from another's.
        letter.properties.messageID = letter.properties.messageID ?? "\(topology.outcomesStream)/\(offset)"
        return letter
    }

    private static func offset(of delivery: AMQPDelivery) throws(AuditorError) -> Int64 {
        guard let offset = delivery.properties.headers["x-stream-offset"]?.integerValue else {
            throw AuditorError(.offsetMissing, "delivery \(delivery.deliveryTag)")
        }
        return Int64(offset)
    }

    private static func notice(in delivery: AMQPDelivery) throws(WireError) -> Notice {
        switch delivery.properties.type {
        case Topology.recordingKey, Topology.ingestKey:
            let notice = try Notice(decodingBody: delivery.body)
            // A gateway's clock is not to be guessed at either, and the database's calendar ends somewhere.
            guard receiptRange.contains(notice.receivedAt.millisecondsSinceEpoch) else {
                throw WireError(.invalidField, "received_at")
            }
            return notice
        case nil: throw WireError(.missingField, "type")
        default: throw WireError(.invalidField, "type")
        }
    }

    private static let receiptRange = Notice.timeRange.lowerBound * 1_000...Notice.timeRange.upperBound * 1_000
}
