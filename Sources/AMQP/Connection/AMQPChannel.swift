/// A channel of an ``AMQPConnection``.
///
/// Declarations, bindings and the like wait for the broker's answer. When the broker refuses one, it closes the channel:
/// the call throws the broker's reason, every later call throws it too, and publishers and consumers of the channel
/// hear it. The connection and its other channels live on.
///
/// Publishing and acknowledging return at once. They are queued, in order over all channels of the connection, and
/// written by its thread together with everything else that is queued.
public final class AMQPChannel: Sendable {
    let connection: AMQPConnection
    let key: ChannelKey
    let status: ChannelStatus

    init(connection: AMQPConnection, key: ChannelKey, status: ChannelStatus) {
        self.connection = connection
        self.key = key
        self.status = status
    }

    /// Why the channel has ended; nil while it has not.
    public var endError: AMQPError? { status.endError }

    /// Sets what is called once when the channel has ended, for whatever reason. Called soon if it has already.
    public func setCloseHandler(_ handler: @escaping @Sendable (AMQPError) -> Void) {
        connection.commands.append(.setCloseHandler(handler, on: self))
    }

    /// Sets what is called with mandatory messages that no queue took.
    ///
    /// Those of an ``AMQPPublisher`` are reported to it and not here.
    public func setReturnHandler(_ handler: @escaping @Sendable ([AMQPReturn]) -> Void) {
        connection.commands.append(.setReturnHandler(handler, on: key))
    }

    /// Queues a message without asking for a confirm.
    ///
    /// Nothing tells what becomes of it, except that a mandatory one comes back when no queue takes it: it is dropped
    /// when the connection ends or is blocked before it is written, and when it cannot be sent at all (a text beyond
    /// 255 bytes), which is logged.
    public func publish(_ message: AMQPMessage) {
        connection.commands.append(.publish(message, on: key, publisher: nil))
    }

    /// Queues messages without asking for confirms, in order and in one go. See ``publish(_:)-(AMQPMessage)``.
    public func publish(_ messages: [AMQPMessage]) {
        connection.commands.append { commands in
            for message in messages {
                commands.append(.publish(message, on: key, publisher: nil))
            }
        }
    }

    /// Queues the acknowledgement of a delivery, or with `multiple` of every delivery up to it on this channel.
    ///
    /// A tag that is unknown or was acknowledged before makes the broker close the channel with 406.
    public func acknowledge(_ deliveryTag: UInt64, multiple: Bool = false) {
        connection.commands.append(.acknowledge(deliveryTag, multiple: multiple, on: key))
    }

    /// Queues the rejection of a delivery, or with `multiple` of every delivery up to it on this channel.
    ///
    /// - Parameter requeue: Whether it goes back to its queue; otherwise it is dropped or dead-lettered.
    public func reject(_ deliveryTag: UInt64, requeue: Bool, multiple: Bool = false) {
        connection.commands.append(.reject(deliveryTag, requeue: requeue, multiple: multiple, on: key))
    }

    /// Turns on confirms and makes the channel's one publisher.
    ///
    /// - Parameter onOutcomes: Gets every token exactly once, many at a time.
    /// - Throws: ``AMQPError/Code/invalidArgument`` when the channel has a publisher already.
    public func makePublisher<Token: Sendable>(
        onOutcomes: @escaping @Sendable ([(token: Token, outcome: AMQPPublishOutcome)]) -> Void
    ) async throws(AMQPError) -> AMQPPublisher<Token> {
        let core = PublisherCore(onOutcomes: onOutcomes)
        try await connection.addPublisher(core, to: self)
        return AMQPPublisher(channel: self, core: core)
    }

    /// Closes the channel; messages that were delivered on it and not acknowledged go back to their queues.
    ///
    /// Does nothing when it has ended already, or while the connection is blocked.
    public func close() async {
        await connection.close(key)
    }
}
