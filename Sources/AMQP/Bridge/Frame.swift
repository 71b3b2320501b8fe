/// One frame from the broker, copied out of the library's memory.
enum Frame: Sendable {
    case method(channel: UInt16, Method)
    case header(channel: UInt16, bodySize: UInt64, AMQPProperties)
    case body(channel: UInt16, [UInt8])

    /// The methods a broker sends without being asked.
    enum Method: Sendable {
        case content(ContentAssembler.Method)
        case acknowledge(tag: UInt64, multiple: Bool)
        case negativelyAcknowledge(tag: UInt64, multiple: Bool)
        case cancel(consumerTag: String, wantsAnswer: Bool)
        case closeChannel(CloseReason)
        case closeConnection(CloseReason)
        case blocked(reason: String)
        case unblocked
        /// By its number: the class in the upper 16 bits, the method in the lower.
        case unexpected(UInt32)
    }
}
