/// What became of a message that was published with confirms.
public enum AMQPPublishOutcome: Sendable, Equatable {
    /// The broker took responsibility for it.
    ///
    /// A message that is not mandatory is confirmed even when no queue took it.
    case confirmed
    /// The broker refused it, for example because the queue is full and rejects.
    case negativelyAcknowledged
    /// It was mandatory and no queue took it. Its later confirm is not reported.
    case returned(replyCode: UInt16, replyText: String)
    /// The broker is short of memory or disk. The message was not written, or written and not yet confirmed: in the
    /// second case the broker may take it later, which is not reported.
    case blocked(reason: String)
    /// It could not be written, or the channel or connection ended before the broker said anything: it may or may not
    /// have arrived.
    case failed(AMQPError)
}
