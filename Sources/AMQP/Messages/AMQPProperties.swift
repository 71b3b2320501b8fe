/// The standard properties of a message, and its headers.
///
/// Texts are limited to 255 bytes of UTF-8, except in ``headers``; a longer one makes the message unsendable.
public struct AMQPProperties: Sendable, Equatable {
    /// Whether a message in a durable classic queue outlives a restart of the broker.
    ///
    /// Streams and quorum queues keep every message, whatever this says.
    public enum DeliveryMode: UInt8, Sendable {
        /// Kept in memory where that is possible.
        case transient = 1
        /// Written to disk.
        case persistent = 2
    }

    /// The MIME type of the body, such as `application/json`.
    public var contentType: String?
    /// The MIME content encoding, such as `gzip`.
    public var contentEncoding: String?
    /// Whether the message outlives a restart; transient when nil.
    public var deliveryMode: DeliveryMode?
    /// Its place in a priority queue; higher is earlier.
    public var priority: UInt8?
    /// What a reply names to say which request it answers.
    public var correlationID: String?
    /// The queue to reply to.
    public var replyTo: String?
    /// How long a queue may keep the message, in milliseconds.
    public var expiration: Int?
    /// What the application calls this message. ``AMQPPublisher`` needs it on mandatory messages.
    public var messageID: String?
    /// When the application made the message, in seconds since 1970-01-01 00:00 UTC.
    public var timestamp: Int?
    /// The kind of message, in the application's words.
    public var type: String?
    /// If set it must be the name the connection logged in with: the broker checks it.
    public var userID: String?
    /// The application that made the message.
    public var appID: String?
    /// The application's own properties; also what a headers exchange routes by.
    public var headers: AMQPTable

    /// Makes properties; each one that is not given is not sent.
    public init(
        contentType: String? = nil,
        contentEncoding: String? = nil,
        deliveryMode: DeliveryMode? = nil,
        priority: UInt8? = nil,
        correlationID: String? = nil,
        replyTo: String? = nil,
        expiration: Int? = nil,
        messageID: String? = nil,
        timestamp: Int? = nil,
        type: String? = nil,
        userID: String? = nil,
        appID: String? = nil,
        headers: AMQPTable = AMQPTable()
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
        self.headers = headers
    }
}
