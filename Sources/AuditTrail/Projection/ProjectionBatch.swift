internal import AMQP
internal import DecisionCore
internal import Wire

/// One batch of messages of the outcomes stream: sorted, and ready to be written.
///
/// A pure value: it reads no clock and talks to nobody, so all that an auditor does with a message is decided here.
struct ProjectionBatch {
    /// The offset that must be the stored one for this batch to be the next.
    let previousOffset: Int64
    /// Where the stream has been read to with this batch.
    private(set) var position: StreamPosition
    /// What is to be written, in the order of the stream.
    private(set) var notices: [Notice] = []
    /// What is to be in the dead queue before the batch is written.
    private(set) var deadLetters: [AMQPMessage] = []

    /// The messages that retention removed before this batch.
    var missed: Int64 { position.missed }

    /// Whether the batch changes anything; otherwise all of it was read before.
    var isEmpty: Bool { position.next == previousOffset }

    /// Sorts deliveries: what was read before is skipped, what cannot be understood is dead, the rest is to be written.
    ///
    /// - Throws: ``AuditorError`` when a delivery has no offset.
    init(
        _ deliveries: [AMQPDelivery],
        after position: StreamPosition,
        topology: Topology,
        auditor: String
    ) throws(AuditorError) {
        self.position = position
        previousOffset = position.next
        for delivery in deliveries {
            let offset = try Self.offset(of: delivery)
            guard self.position.received(offset) else { continue }
            do throws(WireError) {
                notices.append(try Self.notice(in: delivery))
            } catch {
                var letter = DeadLetter.message(for: delivery, reason: error, topology: topology, sender: auditor)
                // Without an id the broker's refusal of the letter could not be told from another's.
                letter.properties.messageID = letter.properties.messageID ?? "\(topology.outcomesStream)/\(offset)"
                deadLetters.append(letter)
            }
        }
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
