internal import NIOConcurrencyHelpers
public import Tracing

/// Makes spans and hands those that are to be recorded on, for an ``OTLPExporter`` to send.
///
/// A trace that came in is recorded if whoever began it said so; one that begins here is, by chance.
public final class OTLPTracer: Tracer {
    private let sampleRatio: Double
    private let onEnd: @Sendable (RecordedSpan) -> Void

    /// - Parameters:
    ///   - sampleRatio: The share of traces that begin here and are recorded, 0 to 1.
    ///   - onEnd: Called with each recorded span when it ends: on any thread, and it must not wait.
    init(sampleRatio: Double, onEnd: @escaping @Sendable (RecordedSpan) -> Void) {
        self.sampleRatio = sampleRatio
        self.onEnd = onEnd
    }

    /// Begins a span.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> InstrumentationContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> OTLPSpan {
        var context = context()
        let parent = context.trace
        let own = TraceContext(
            traceID: parent?.traceID ?? .random(in: 1...(.max)),
            spanID: .random(in: 1...(.max)),
            isSampled: parent?.isSampled ?? (Double.random(in: 0..<1) < sampleRatio)
        )
        context.trace = own
        let span = RecordedSpan(
            name: operationName,
            kind: kind,
            context: own,
            parentID: parent?.spanID,
            state: context.traceState,
            start: instant().nanosecondsSinceEpoch
        )
        return OTLPSpan(span, in: context, onEnd: own.isSampled ? onEnd : nil)
    }

    /// Spans are sent in the background, soon.
    @available(*, deprecated)
    public func forceFlush() {}

    /// Reads `traceparent` and `tracestate`.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout InstrumentationContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let header = extractor.extract(key: TraceContext.header, from: carrier),
            let trace = TraceContext(header: header)
        else { return }
        context.trace = trace
        context.traceState = extractor.extract(key: TraceContext.stateHeader, from: carrier)
    }

    /// Writes `traceparent` and `tracestate`.
    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.trace else { return }
        injector.inject(trace.header, forKey: TraceContext.header, into: &carrier)
        if let state = context.traceState {
            injector.inject(state, forKey: TraceContext.stateHeader, into: &carrier)
        }
    }
}

extension InstrumentationContext {
    private enum TraceKey: InstrumentationContextKey {
        typealias Value = TraceContext
    }

    private enum TraceStateKey: InstrumentationContextKey {
        typealias Value = String
    }

    /// The span that this is in.
    var trace: TraceContext? {
        get { self[TraceKey.self] }
        set { self[TraceKey.self] = newValue }
    }

    /// What vendors have added to the trace.
    var traceState: String? {
        get { self[TraceStateKey.self] }
        set { self[TraceStateKey.self] = newValue }
    }

    /// The trace that this is in, 32 hexadecimal digits; nil when it is in none.
    public var traceID: String? { trace?.traceIDText }
}
