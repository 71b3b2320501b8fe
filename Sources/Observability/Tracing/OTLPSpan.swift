internal import NIOConcurrencyHelpers
public import Tracing

/// A span of an ``OTLPTracer``.
public final class OTLPSpan: Span {
    /// Where it is, for spans in it.
    public let context: InstrumentationContext
    /// Whether it goes anywhere.
    public let isRecording: Bool
    private let onEnd: (@Sendable (RecordedSpan) -> Void)?
    /// Nil once it has ended.
    private let state: NIOLockedValueBox<RecordedSpan?>

    init(_ span: RecordedSpan, in context: InstrumentationContext, onEnd: (@Sendable (RecordedSpan) -> Void)?) {
        self.context = context
        self.onEnd = onEnd
        isRecording = onEnd != nil
        state = NIOLockedValueBox(span)
    }

    /// What it is called; empty once it has ended.
    public var operationName: String {
        get { state.withLockedValue { $0?.name ?? "" } }
        set { change { $0.name = newValue } }
    }

    /// What is known of it; nothing once it has ended.
    public var attributes: SpanAttributes {
        get { state.withLockedValue { $0?.attributes ?? [:] } }
        set { change { $0.attributes = newValue } }
    }

    /// Says how it went.
    public func setStatus(_ status: SpanStatus) {
        change { $0.status = status }
    }

    /// Says that something happened in it.
    public func addEvent(_ event: SpanEvent) {
        change { $0.events.append(event) }
    }

    /// Says that something went wrong in it.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        var event = SpanEvent(name: "exception", at: instant(), attributes: attributes)
        event.attributes["exception.type"] = String(reflecting: type(of: error))
        event.attributes["exception.message"] = String(describing: error)
        addEvent(event)
    }

    /// Says that it has to do with another one.
    public func addLink(_ link: SpanLink) {
        change { $0.links.append(link) }
    }

    /// Ends it. Whatever is said of it later is lost.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard var span = state.withLockedValue({ $0.take() }), let onEnd else { return }
        // A clock that was set back meanwhile must not make it end before it began.
        span.end = max(span.start, instant().nanosecondsSinceEpoch)
        onEnd(span)
    }

    private func change(_ change: (inout RecordedSpan) -> Void) {
        guard isRecording else { return }
        state.withLockedValue { state in
            if state != nil { change(&state!) }
        }
    }
}

/// What is known of a span.
struct RecordedSpan: Sendable {
    var name: String
    let kind: SpanKind
    let context: TraceContext
    let parentID: UInt64?
    /// What vendors have added to the trace.
    let state: String?
    /// Nanoseconds since 1970.
    let start: UInt64
    /// The same; 0 while it lasts.
    var end: UInt64 = 0
    var attributes: SpanAttributes = [:]
    var events: [SpanEvent] = []
    var links: [SpanLink] = []
    var status: SpanStatus?
}
