/// A reply as it reached the gateway that waits for it.
public struct ReceivedReply: Sendable, Equatable {
    /// The reply.
    public var reply: Reply
    /// When it came.
    public var at: ContinuousClock.Instant

    /// Describes an arrival.
    public init(_ reply: Reply, at: ContinuousClock.Instant) {
        self.reply = reply
        self.at = at
    }
}

/// A reply to an event whose wait had ended without one.
public struct LateReply: Sendable {
    /// The reply.
    public var reply: Reply
    /// What was asked.
    public var question: AwaitedEvent
    /// How long after the event's deadline it came; negative when the wait had ended before that.
    public var lateBy: Duration

    /// Describes an arrival.
    public init(_ reply: Reply, to question: AwaitedEvent, lateBy: Duration) {
        self.reply = reply
        self.question = question
        self.lateBy = lateBy
    }
}
