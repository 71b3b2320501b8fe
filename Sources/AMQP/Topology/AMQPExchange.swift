/// What an exchange is declared as.
public struct AMQPExchange: Sendable, Equatable {
    /// How an exchange routes.
    public enum Kind: String, Sendable {
        /// By the exact routing key.
        case direct
        /// To every bound queue.
        case fanout
        /// By patterns of dot-separated words.
        case topic
        /// By message headers.
        case headers
    }

    /// At most 255 bytes; names that begin with `amq.` are the broker's.
    public var name: String
    /// How it routes.
    public var kind: Kind
    /// Whether it outlives a restart of the broker.
    public var durable: Bool
    /// Whether it goes with its last binding.
    public var autoDelete: Bool
    /// Whether only other exchanges may publish to it.
    public var `internal`: Bool
    /// Broker-specific arguments, such as `alternate-exchange`.
    public var arguments: AMQPTable

    /// Describes an exchange.
    public init(
        name: String,
        kind: Kind,
        durable: Bool = true,
        autoDelete: Bool = false,
        internal: Bool = false,
        arguments: AMQPTable = AMQPTable()
    ) {
        self.name = name
        self.kind = kind
        self.durable = durable
        self.autoDelete = autoDelete
        self.internal = `internal`
        self.arguments = arguments
    }
}
