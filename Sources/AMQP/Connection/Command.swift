/// What any thread may ask of a connection without waiting for the result.
enum Command: Sendable {
    case publish(AMQPMessage, on: ChannelKey, publisher: (any ConfirmSink & Sendable)?)
    case acknowledge(UInt64, multiple: Bool, on: ChannelKey)
    case reject(UInt64, requeue: Bool, multiple: Bool, on: ChannelKey)
    case setReturnHandler(@Sendable ([AMQPReturn]) -> Void, on: ChannelKey)
    case setCloseHandler(@Sendable (AMQPError) -> Void, on: AMQPChannel)
    case setBlockedHandler(@Sendable (_ reason: String?) -> Void)
    case close

    /// Whether it is a message, which the library writes in several pieces.
    var isPublish: Bool {
        if case .publish = self { true } else { false }
    }
}
