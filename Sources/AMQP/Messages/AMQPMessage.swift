/// A message to publish.
public struct AMQPMessage: Sendable, Equatable {
    /// Where to publish; the empty name is the default exchange, which routes by queue name.
    public var exchange: String
    /// What the exchange routes by.
    public var routingKey: String
    /// Whether the broker returns the message when no queue takes it, instead of dropping it.
    public var mandatory: Bool
    /// The message's properties and headers.
    public var properties: AMQPProperties
    /// The payload.
    public var body: [UInt8]

    /// Makes a message.
    public init(
        exchange: String = "",
        routingKey: String,
        mandatory: Bool = false,
        properties: AMQPProperties = AMQPProperties(),
        body: [UInt8]
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.mandatory = mandatory
        self.properties = properties
        self.body = body
    }
}
