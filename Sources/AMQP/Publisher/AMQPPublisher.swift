/// Publishes with confirms on one channel: every token gets exactly one outcome, whatever happens.
///
/// The outcomes go, many at a time, to the closure given to ``AMQPChannel/makePublisher(onOutcomes:)``.
public final class AMQPPublisher<Token: Sendable>: Sendable {
    private let channel: AMQPChannel
    private let core: PublisherCore<Token>

    init(channel: AMQPChannel, core: PublisherCore<Token>) {
        self.channel = channel
        self.core = core
    }

    /// Messages that have no outcome yet.
    public var unconfirmedCount: Int { core.unconfirmedCount }

    /// Queues a message; never blocks.
    ///
    /// A mandatory message needs a ``AMQPProperties/messageID``, unique among those on their way, because that is how
    /// a returned one is recognised; without one it fails with ``AMQPError/Code/invalidArgument``.
    ///
    /// - Parameter token: What the outcome is reported with.
    public func publish(_ message: AMQPMessage, token: Token) {
        channel.connection.commands.append { commands in
            core.enqueued(token)
            commands.append(.publish(message, on: channel.key, publisher: core))
        }
    }

    /// Queues messages in one go, in order; never blocks.
    public func publish(_ messages: [(message: AMQPMessage, token: Token)]) {
        channel.connection.commands.append { commands in
            for (message, token) in messages {
                core.enqueued(token)
                commands.append(.publish(message, on: channel.key, publisher: core))
            }
        }
    }
}
