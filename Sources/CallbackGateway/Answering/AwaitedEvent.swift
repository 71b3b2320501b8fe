public import DecisionCore

/// An event whose answer is awaited, with all that it takes to publish it, once more if need be.
public struct AwaitedEvent: Sendable {
    /// The event.
    public let event: StreamEvent
    /// When the default is to be answered, on the monotonic clock.
    public let deadline: ContinuousClock.Instant
    /// The same moment on the civil clock, for the worker, which may be another machine.
    public let civilDeadline: Timestamp
    /// When it was published.
    let publishes = PublishLog()
}
