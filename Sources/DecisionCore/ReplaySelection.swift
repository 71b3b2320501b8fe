/// Which callbacks are replayed.
public struct ReplaySelection: Sendable, Hashable {
    /// Where callbacks are read from.
    public enum Source: String, Sendable, Hashable, CaseIterable {
        /// The callbacks stream: every callback as it came in, answered or not.
        case stream
        /// The outcomes of the audit trail: every callback that was answered.
        case trail
    }

    /// Which part of the source.
    public enum Span: Sendable, Hashable {
        /// The callbacks whose event ids were made from one moment on and before another.
        case time(from: Timestamp, to: Timestamp)
        /// The messages of the stream from one offset on and before another.
        case offsets(Range<Int64>)
    }

    /// The word among ``causes`` for callbacks that have no outcome.
    public static let unanswered = "unanswered"

    /// Where callbacks are read from.
    public var source: Source
    /// Which part of it.
    public var span: Span
    /// What the play domain has to be like; nil for any.
    public var domain: NamePattern?
    /// What the application has to be like; nil for any.
    public var app: NamePattern?
    /// What the stream name has to be like; nil for any.
    public var stream: NamePattern?
    /// Only what was answered for one of these causes, as `Outcome.Cause.names` has them, or ``unanswered``; all when
    /// there is none.
    public var causes: Set<String> = []
    /// Only what was answered by this rule.
    public var rule: Rule.ID?

    /// Selects all of a span.
    public init(source: Source, span: Span) {
        self.source = source
        self.span = span
    }

    /// Whether a callback is selected, apart from its source and span.
    ///
    /// - Parameters:
    ///   - event: The callback.
    ///   - answer: What it was answered; nil when that is not known.
    public func contains(_ event: StreamEvent, answer: KeptAnswer?) -> Bool {
        guard domain?.matches(event.domain) ?? true, app?.matches(event.app) ?? true,
            stream?.matches(event.stream) ?? true
        else { return false }
        if !causes.isEmpty, !causes.contains(answer?.cause ?? Self.unanswered) { return false }
        if let rule { return answer?.decision?.winner == rule }
        return true
    }
}
