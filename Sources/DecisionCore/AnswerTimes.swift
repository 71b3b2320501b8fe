/// How long a callback took, step by step; microseconds on the monotonic clocks of the processes.
///
/// `published`, `replied` and `answered` are counted from the moment that the gateway accepted the callback. `worker` and
/// `facts` are lengths, measured by the worker. What lies between `published` and `replied` and is not the worker's is
/// the broker's, with the waiting in its queue.
public struct AnswerTimes: Sendable, Hashable {
    /// Until the event was first handed to the connection to the broker; nil when it never was.
    public var published: Int?
    /// Until a reply came; nil when none came in time.
    public var replied: Int?
    /// Until the answer was known. Writing it to the journal and to the network comes after.
    public var answered: Int
    /// From the worker's taking the event to its reply; nil without a reply.
    public var worker: Int?
    /// The part of `worker` that reading the facts took, quotas among them; nil without a reply.
    public var facts: Int?

    /// Describes the steps.
    public init(
        published: Int? = nil,
        replied: Int? = nil,
        answered: Int,
        worker: Int? = nil,
        facts: Int? = nil
    ) {
        self.published = published
        self.replied = replied
        self.answered = answered
        self.worker = worker
        self.facts = facts
    }
}
