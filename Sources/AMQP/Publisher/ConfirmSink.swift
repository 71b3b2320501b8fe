/// A publisher without its token type, as its channel's side of the connection sees it.
///
/// Everything but ``enqueued`` bookkeeping happens on the connection's thread.
protocol ConfirmSink: BatchSink {
    /// The oldest queued message was written. Its ID is given when a return may name it.
    func wrote(mandatoryMessageID: String?)
    /// A message of no publisher was written on the publisher's channel.
    func wroteUntracked()
    /// The oldest queued message was not written.
    func refused(_ outcome: AMQPPublishOutcome)
    /// The broker confirmed or refused messages.
    func settled(tag: UInt64, multiple: Bool, outcome: AMQPPublishOutcome) throws(AMQPError)
    /// The broker returned a message. The answer is whether it was one of this publisher's.
    func returned(messageID: String, replyCode: UInt16, replyText: String) -> Bool
    /// The broker stopped reading.
    func blocked(reason: String)
    /// The channel has ended.
    func ended(_ error: AMQPError)
}

/// Collects what one turn of the thread brings, so that it is handed over in one call.
protocol BatchSink: AnyObject {
    /// Whether there is something to hand over.
    var hasBatch: Bool { get }
    /// Hands it over.
    func flush()
}
