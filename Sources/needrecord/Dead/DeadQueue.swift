import AMQP
import Logging
import NIOConcurrencyHelpers
import Wire

/// The dead queue, looked at: letters are taken without being acknowledged, and go back when it is closed.
struct DeadQueue {
    private typealias Confirmation = CheckedContinuation<AMQPPublishOutcome, Never>

    /// How long no letter may come although the queue says that there are more: somebody else may have them.
    private static let patience: Duration = .seconds(3)

    let letters: [DeadLetterEntry]
    /// How many there were in the queue that were not taken.
    let others: Int
    private let name: String
    private let channel: AMQPChannel
    private let publisher: AMQPPublisher<Confirmation>

    /// Runs `body` with the letters of the dead queue, and gives back those that it did not acknowledge.
    ///
    /// - Parameter limit: How many letters to take at most.
    static func with(
        _ settings: Settings,
        limit: Int,
        logger: Logger,
        _ body: (DeadQueue) async throws -> Void
    ) async throws {
        var configuration = settings.amqp
        configuration.connectionName = "needrecord dead"
        do {
            let connection = try await AMQPConnection.connect(configuration, logger: logger)
            do {
                try await body(try await DeadQueue(settings.topology.deadQueue, limit: limit, on: connection))
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
        } catch let error as AMQPError where error.code == .notFound {
            throw Failure("there is no queue \(settings.topology.deadQueue) yet")
        } catch let error as AMQPError {
            throw Failure("the broker: \(error)")
        }
    }

    private init(_ name: String, limit: Int, on connection: AMQPConnection) async throws {
        self.name = name
        channel = try await connection.openChannel()
        let status = try await channel.declareQueue(AMQPQueue(name: name), passive: true)
        publisher = try await connection.openChannel().makePublisher { outcomes in
            for (confirmation, outcome) in outcomes { confirmation.resume(returning: outcome) }
        }
        let wanted = min(limit, status.messageCount)
        let deliveries = try await Self.take(wanted, from: name, on: channel)
        letters = deliveries.map(DeadLetterEntry.init)
        others = status.messageCount - letters.count
    }

    private static func take(_ wanted: Int, from name: String, on channel: AMQPChannel) async throws -> [AMQPDelivery] {
        guard wanted > 0 else { return [] }
        let taken = NIOLockedValueBox<[AMQPDelivery]>([])
        // No more than are wanted are ever with this consumer.
        try await channel.setPrefetch(UInt16(wanted))
        let consumer = try await channel.consume(
            queue: name,
            onDeliveries: { deliveries in taken.withLockedValue { $0 += deliveries } }
        )
        var count = 0
        var deadline = ContinuousClock.now + patience
        while count < wanted, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(10))
            let now = taken.withLockedValue { $0.count }
            if now > count { deadline = .now + patience }
            count = now
            if let error = channel.endError { throw error }
        }
        try await consumer.cancel()
        return taken.withLockedValue { $0 }
    }

    /// Sends a message, and waits until a queue has it.
    ///
    /// - Throws: ``Failure`` when none takes it.
    func send(_ message: AMQPMessage) async throws {
        switch await withCheckedContinuation({ publisher.publish(message, token: $0) }) {
        case .confirmed: return
        case .returned(_, let text): throw Failure("no queue takes it: \(text)")
        case .negativelyAcknowledged: throw Failure("the broker refuses it")
        case .blocked(let reason): throw Failure("the broker is blocked: \(reason)")
        case .failed(let error): throw Failure("the broker: \(error)")
        }
    }

    /// Removes a letter from the queue, and waits until the broker has done so.
    func acknowledge(_ letter: DeadLetterEntry) async throws {
        channel.acknowledge(letter.delivery.deliveryTag)
        // An acknowledgement has no answer; what is asked behind it on the same channel has.
        _ = try await channel.declareQueue(AMQPQueue(name: name), passive: true)
    }
}
