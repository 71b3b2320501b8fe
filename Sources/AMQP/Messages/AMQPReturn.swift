/// A mandatory message that no queue took.
public struct AMQPReturn: Sendable, Equatable {
    /// Why; 312 is "no route".
    public var replyCode: UInt16
    /// Why, in the broker's words.
    public var replyText: String
    /// The exchange it was published to.
    public var exchange: String
    /// The routing key it was published with.
    public var routingKey: String
    /// Its properties and headers.
    public var properties: AMQPProperties
    /// Its payload.
    public var body: [UInt8]

    /// Makes a return, for tests of code that takes returns.
    public init(
        replyCode: UInt16,
        replyText: String,
        exchange: String,
        routingKey: String,
        properties: AMQPProperties = AMQPProperties(),
        body: [UInt8]
    ) {
        self.replyCode = replyCode
        self.replyText = replyText
        self.exchange = exchange
        self.routingKey = routingKey
        self.properties = properties
        self.body = body
    }
}
