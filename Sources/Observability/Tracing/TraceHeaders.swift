public import Tracing

/// The headers that carry a trace from one process to the next: `traceparent` and `tracestate`.
public struct TraceHeaders: Sendable, Hashable {
    /// The names that headers may have here.
    public static let names = [TraceContext.header, TraceContext.stateHeader]
    /// A longer one is nobody's trace: 512 bytes are what the standard wants to be handed on.
    private static let maximumLength = 512

    /// By name.
    public private(set) var values: [String: String] = [:]

    /// Takes the headers of a message.
    ///
    /// - Parameter value: The value of a header by its name; nil where there is none.
    /// - Returns: nil when there is no trace in them.
    public init?(_ value: (String) -> String?) {
        guard let parent = value(TraceContext.header), TraceContext(header: parent) != nil else { return nil }
        values[TraceContext.header] = parent
        if let state = value(TraceContext.stateHeader), state.utf8.count <= Self.maximumLength {
            values[TraceContext.stateHeader] = state
        }
    }

    /// The headers that lead to a span.
    public init(of context: InstrumentationContext, by tracer: any Tracer) {
        tracer.inject(context, into: &self, using: Carrier())
    }

    /// Where whoever sent them is in the trace.
    public func context(by tracer: any Tracer) -> InstrumentationContext {
        var context = InstrumentationContext.topLevel
        tracer.extract(self, into: &context, using: Carrier())
        return context
    }

    private struct Carrier: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout TraceHeaders) {
            carrier.values[key] = value
        }

        func extract(key: String, from carrier: TraceHeaders) -> String? { carrier.values[key] }
    }
}
