internal import AMQP

/// Puts messages into the dead queue and knows that they are there.
struct DeadLetterDesk {
    private typealias Confirmation = CheckedContinuation<AMQPPublishOutcome, Never>

    private let publisher: AMQPPublisher<Confirmation>

    /// - Parameter channel: A channel that nobody else publishes on.
    init(_ channel: AMQPChannel) async throws(AMQPError) {
        publisher = try await channel.makePublisher { outcomes in
            for (confirmation, outcome) in outcomes { confirmation.resume(returning: outcome) }
        }
    }

    /// Sends letters and waits until the broker has each of them; one after the other, because they are rare and may
    /// carry the same message id.
    ///
    /// - Throws: ``AuditorError`` when the broker does not take one.
    func send(_ letters: [AMQPMessage]) async throws(AuditorError) {
        for letter in letters {
            let outcome = await withCheckedContinuation { publisher.publish(letter, token: $0) }
            guard outcome == .confirmed else { throw AuditorError(.letterNotKept, "\(outcome)") }
        }
    }
}
