/// A consumer that was started with ``AMQPChannel/consume(queue:consumerTag:noAcknowledge:exclusive:arguments:onDeliveries:onCancelled:)``.
public struct AMQPConsumer: Sendable {
    private let channel: AMQPChannel

    /// Its name on its channel.
    public let consumerTag: String

    init(channel: AMQPChannel, consumerTag: String) {
        self.channel = channel
        self.consumerTag = consumerTag
    }

    /// Ends the deliveries; those already handed over can still be acknowledged. Does nothing when it has ended.
    ///
    /// Everything delivered until then has gone through `onDeliveries` when this returns; `onCancelled` is not called.
    public func cancel() async throws(AMQPError) {
        try await channel.connection.removeConsumer(consumerTag, from: channel)
    }
}
