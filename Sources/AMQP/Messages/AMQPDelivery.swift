/// A message that a queue handed to a consumer.
public struct AMQPDelivery: Sendable, Equatable {
    /// The consumer it was handed to.
    public var consumerTag: String
    /// What to acknowledge or reject it by; good on the channel it came through only.
    public var deliveryTag: UInt64
    /// Whether it may have been handed out before.
    public var redelivered: Bool
    /// The exchange it was published to.
    public var exchange: String
    /// The routing key it was published with.
    public var routingKey: String
    /// Its properties and headers.
    public var properties: AMQPProperties
    /// Its payload.
    public var body: [UInt8]

    /// Makes a delivery, for tests of code that takes deliveries.
    public init(
        consumerTag: String,
        deliveryTag: UInt64,
        redelivered: Bool = false,
        exchange: String,
        routingKey: String,
        properties: AMQPProperties = AMQPProperties(),
        body: [UInt8]
    ) {
        self.consumerTag = consumerTag
        self.deliveryTag = deliveryTag
        self.redelivered = redelivered
        self.exchange = exchange
        self.routingKey = routingKey
        self.properties = properties
        self.body = body
    }
}
