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

/// A reply to a question that had ended without one.
public struct LateReply<Question: Sendable>: Sendable {
    /// The reply.
    public var reply: Reply
    /// What was asked.
    public var question: Question
    /// How long after the question's deadline it came; negative when the question had ended before its deadline.
    public var lateBy: Duration

    /// Describes an arrival.
    public init(_ reply: Reply, to question: Question, lateBy: Duration) {
        self.reply = reply
        self.question = question
        self.lateBy = lateBy
    }
}
