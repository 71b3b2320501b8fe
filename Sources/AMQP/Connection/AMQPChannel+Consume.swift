extension AMQPChannel {
    /// Starts a consumer.
    ///
    /// - Parameters:
    ///   - consumerTag: Its name on this channel; a short one is made up when empty.
    ///   - noAcknowledge: Whether the broker forgets each message as it sends it.
    ///   - exclusive: Whether to be refused (403) when somebody else consumes the queue, and to keep others out.
    ///   - arguments: Broker-specific ones, such as `x-stream-offset`.
    ///   - onDeliveries: Gets everything that came in one turn of the connection's thread at once. The prefetch is what
    ///     bounds it: see ``setPrefetch(_:)``.
    ///   - onCancelled: Called once when the consumer ends other than by ``AMQPConsumer/cancel()``: its queue is gone,
    ///     or its channel or connection has ended.
    /// - Throws: ``AMQPError/Code/notFound``, ``AMQPError/Code/accessRefused`` and others, which close the channel;
    ///   ``AMQPError/Code/invalidArgument`` when the tag is taken.
    public func consume(
        queue: String,
        consumerTag: String = "",
        noAcknowledge: Bool = false,
        exclusive: Bool = false,
        arguments: AMQPTable = AMQPTable(),
        onDeliveries: @escaping @Sendable ([AMQPDelivery]) -> Void,
        onCancelled: @escaping @Sendable () -> Void = {}
    ) async throws(AMQPError) -> AMQPConsumer {
        try Self.check([queue, consumerTag], arguments)
        let tag = try await connection.addConsumer(
            to: self,
            queue: queue,
            consumerTag: consumerTag,
            noAcknowledge: noAcknowledge,
            exclusive: exclusive,
            arguments: arguments,
            onDeliveries: onDeliveries,
            onCancelled: onCancelled
        )
        return AMQPConsumer(channel: self, consumerTag: tag)
    }
}
