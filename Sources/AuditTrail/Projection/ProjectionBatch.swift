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
    private let now: Timestamp
    private let keptFrom: Timestamp
    /// Where the stream has been read to with this batch.
    private(set) var position: StreamPosition
    /// What is to be written, in the order of the stream.
    private(set) var notices: [Notice] = []
    /// What else is to be written.
    private(set) var records: [AuditRecord] = []
    /// What is to be in the dead queue before the batch is written.
    private(set) var deadLetters: [AMQPMessage] = []
    /// How many notices and records are older than anything is kept, as when a stream is read again. They were written once,
    /// and removed; the quotas are not to hear of them twice.
    private(set) var outdated = 0

    /// The offset that must be the stored one for this batch to be the next.
    var previousOffset: Int64 { start.next }

    /// The messages that retention removed before this batch.
    var missed: Int64 { position.missed }

    /// Whether the batch changes anything; otherwise all of it was read before.
    var isEmpty: Bool { position.next == previousOffset }

    /// Sorts deliveries: what was read before is skipped, what cannot be understood is dead, the rest is to be written.
    ///
    /// - Parameters:
    ///   - now: The civil clock, which no outcome can be far ahead of.
    ///   - keptFrom: What is older is not kept.
    /// - Throws: ``AuditorError`` when a delivery has no offset, or is not what was read at its offset before.
    init(
        _ deliveries: [AMQPDelivery],
        after position: StreamPosition,
        topology: Topology,
        auditor: String,
        now: Timestamp,
        keptFrom: Timestamp = Timestamp(millisecondsSinceEpoch: .min)
    ) throws(AuditorError) {
        self.now = now
        self.keptFrom = keptFrom
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
                try take(delivery, at: offset)
            } catch {
                deadLetters.append(letter(for: delivery, at: offset, reason: error))
            }
        }
    }

    private mutating func take(_ delivery: AMQPDelivery, at offset: Int64) throws(WireError) {
        switch delivery.properties.type {
        case Topology.recordingKey, Topology.ingestKey:
            let notice = try Self.notice(in: delivery)
            if notice.receivedAt < keptFrom { outdated += 1 } else { notices.append(notice) }
        case Topology.outcomeKey:
            for (index, record) in try AuditMessage.records(in: delivery.body).enumerated() {
                switch record {
                case .success(let record) where isInTime(record):
                    if record.time < keptFrom { outdated += 1 } else { records.append(record) }
                case .success(let record):
                    let bad = AuditMessage.BadRecord(bytes: record.encoded(), reason: WireError(.invalidField, "time"))
                    deadLetters.append(letter(for: bad, index, of: delivery, at: offset))
                case .failure(let bad):
                    deadLetters.append(letter(for: bad, index, of: delivery, at: offset))
                }
            }
        case nil: throw WireError(.missingField, "type")
        default: throw WireError(.invalidField, "type")
        }
    }

    /// Whether a record is of a time that a clock could have shown: a table has a partition for each day that it is
    /// told of.
    private func isInTime(_ record: AuditRecord) -> Bool {
        let range = Self.earliest.millisecondsSinceEpoch...now.advanced(by: .seconds(86_400)).millisecondsSinceEpoch
        return record.moments.allSatisfy { range.contains($0.millisecondsSinceEpoch) }
    }

    /// 2020-01-01: no gateway is older.
    private static let earliest = Timestamp(millisecondsSinceEpoch: 1_577_836_800_000)

    /// The same messages, each as a batch of its own, without those that were read before.
    func split() throws(AuditorError) -> [ProjectionBatch] {
        var batches: [ProjectionBatch] = []
        var position = start
        for delivery in deliveries {
            let batch = try ProjectionBatch(
                [delivery],
                after: position,
                topology: topology,
                auditor: auditor,
                now: now,
                keptFrom: keptFrom
            )
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
        let reason = WireError(refusal)
        var batch = self
        batch.notices = []
        batch.records = []
        batch.deadLetters = []
        for delivery in deliveries {
            let offset = try Self.offset(of: delivery)
            guard offset >= previousOffset else { continue }
            batch.deadLetters.append(letter(for: delivery, at: offset, reason: reason))
        }
        return batch
    }

    /// The same messages without those records that the database refuses, which are to be in the dead queue, each by
    /// itself.
    ///
    /// - Parameter refusals: What the database says of the data, by the record's place in ``records``.
    func without(_ refusals: [Int: PostgresError]) throws(AuditorError) -> ProjectionBatch {
        var batch = self
        batch.records = []
        guard let delivery = deliveries.last else { return batch }
        let offset = try Self.offset(of: delivery)
        for (index, record) in records.enumerated() {
            guard let refusal = refusals[index] else {
                batch.records.append(record)
                continue
            }
            let bad = AuditMessage.BadRecord(bytes: record.encoded(), reason: WireError(refusal))
            batch.deadLetters.append(letter(for: bad, index, of: delivery, at: offset))
        }
        return batch
    }

    /// A letter with one record of a message, as a message of its own.
    private func letter(
        for record: AuditMessage.BadRecord,
        _ index: Int,
        of delivery: AMQPDelivery,
        at offset: Int64
    ) -> AMQPMessage {
        var single = delivery
        single.body = AuditMessage.body(of: [record.bytes])
        single.properties.messageID = "\(topology.outcomesStream)/\(offset)/\(index)"
        return letter(for: single, at: offset, reason: record.reason)
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
        let notice = try Notice(decodingBody: delivery.body)
        // A gateway's clock is not to be guessed at either, and the database's calendar ends somewhere.
        guard receiptRange.contains(notice.receivedAt.millisecondsSinceEpoch) else {
            throw WireError(.invalidField, "received_at")
        }
        return notice
    }

    private static let receiptRange = Notice.timeRange.lowerBound * 1_000...Notice.timeRange.upperBound * 1_000
}

extension WireError {
    /// That the database refuses the data of a message. The names of the schema and the SQLSTATE are no values; the
    /// server's message may quote some, and is left out.
    fileprivate init(_ refusal: PostgresError) {
        let constraint = refusal.constraint.map { ", constraint \($0)" } ?? ""
        self.init(.refusedByDatabase, "\(refusal)\(constraint)")
    }
}

extension AuditRecord {
    /// The time by which it is removed when it is old.
    fileprivate var time: Timestamp {
        switch self {
        case .outcome(let outcome): outcome.event.id.timestamp
        case .lateDecision(let late): late.receivedAt
        case .undeliverableReply(let reply): reply.returnedAt
        case .minute(let minute): minute.minute
        case .replayed(let replayed): replayed.event.receivedAt
        // For as long as one of its events is kept.
        case .replay: Timestamp(millisecondsSinceEpoch: .max)
        }
    }

    /// The points in time that it has.
    fileprivate var moments: [Timestamp] {
        switch self {
        case .outcome(let outcome):
            [outcome.event.id.timestamp, outcome.event.receivedAt]
                + [outcome.cause.decision?.decidedAt].compactMap(\.self)
        case .lateDecision(let late): [late.eventID.timestamp, late.receivedAt, late.decision.decidedAt]
        case .undeliverableReply(let reply): [reply.eventID.timestamp, reply.returnedAt, reply.decision.decidedAt]
        case .minute(let minute): [minute.minute]
        case .replay(let run): [run.startedAt] + [run.end?.at].compactMap(\.self)
        case .replayed(let replayed):
            [replayed.event.receivedAt] + [replayed.cause.decision?.decidedAt].compactMap(\.self)
        }
    }
}
