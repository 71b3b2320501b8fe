public import DecisionCore
internal import NIOConcurrencyHelpers
public import Observability

/// An event whose answer is awaited, with all that it takes to publish it, once more if need be.
public final class AwaitedEvent: Sendable {
    /// The event.
    public let event: StreamEvent
    /// When the default is to be answered, on the monotonic clock.
    public let deadline: ContinuousClock.Instant
    /// The same moment on the civil clock, for the worker, which may be another machine.
    public let civilDeadline: Timestamp
    /// Where it is in the trace of its callback; nil when that is not recorded.
    public let trace: TraceHeaders?

    private let publishes = NIOLockedValueBox<(count: Int, first: ContinuousClock.Instant?)>((0, nil))

    /// An event that was not published yet.
    public init(
        event: StreamEvent,
        deadline: ContinuousClock.Instant,
        civilDeadline: Timestamp,
        trace: TraceHeaders? = nil
    ) {
        self.event = event
        self.deadline = deadline
        self.civilDeadline = civilDeadline
        self.trace = trace
    }

    /// It is handed to a connection to the broker.
    public func published(at now: ContinuousClock.Instant) {
        publishes.withLockedValue { publishes in
            publishes.count += 1
            if publishes.first == nil { publishes.first = now }
        }
    }

    /// How often it was handed to a connection to the broker.
    public var publishCount: Int { publishes.withLockedValue { $0.count } }

    /// When it was first handed to a connection to the broker; nil when it never was.
    public var firstPublish: ContinuousClock.Instant? { publishes.withLockedValue { $0.first } }
}
