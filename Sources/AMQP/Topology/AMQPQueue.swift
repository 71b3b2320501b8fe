/// What a queue or stream is declared as.
public struct AMQPQueue: Sendable, Equatable {
    /// At most 255 bytes; the empty name lets the broker choose one.
    public var name: String
    /// Whether it outlives a restart of the broker.
    public var durable: Bool
    /// Whether it belongs to this connection and goes with it.
    public var exclusive: Bool
    /// Whether it goes with its last consumer.
    public var autoDelete: Bool
    /// Broker-specific arguments, such as `x-queue-type` or `x-max-length`.
    public var arguments: AMQPTable

    /// Describes a queue.
    public init(
        name: String,
        durable: Bool = true,
        exclusive: Bool = false,
        autoDelete: Bool = false,
        arguments: AMQPTable = AMQPTable()
    ) {
        self.name = name
        self.durable = durable
        self.exclusive = exclusive
        self.autoDelete = autoDelete
        self.arguments = arguments
    }
}
