/// What the broker says about a queue that was just declared.
public struct AMQPQueueStatus: Sendable, Equatable {
    /// The queue's name: the given one, or the one the broker chose.
    public var name: String
    /// Messages ready to be delivered; always 0 for a stream.
    public var messageCount: Int
    /// Consumers of the queue.
    public var consumerCount: Int

    /// Makes a status.
    public init(name: String, messageCount: Int, consumerCount: Int) {
        self.name = name
        self.messageCount = messageCount
        self.consumerCount = consumerCount
    }
}
