/// What came of an event that went through the queue again.
public struct ReplayedEvent: Sendable, Hashable {
    /// The event, under the id that it was given for this.
    public var event: StreamEvent
    /// The callback that it repeats.
    public var original: EventID
    /// The replay that it belongs to.
    public var replay: EventID
    /// The decision, or why there was none in time.
    public var cause: Outcome.Cause
    /// The worker that replied in time; nil when none did.
    public var worker: String?
    /// Microseconds from the publish to the reply, on the monotonic clock; nil when there was none.
    public var replyTime: Int?

    /// Describes what came of an event.
    public init(
        event: StreamEvent,
        original: EventID,
        replay: EventID,
        cause: Outcome.Cause,
        worker: String? = nil,
        replyTime: Int? = nil
    ) {
        self.event = event
        self.original = original
        self.replay = replay
        self.cause = cause
        self.worker = worker
        self.replyTime = replyTime
    }
}
