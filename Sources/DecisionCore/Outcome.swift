/// What a callback was answered, and what that rests on. Every accepted callback has exactly one.
public struct Outcome: Sendable, Hashable {
    /// What the answer rests on.
    public enum Cause: Sendable, Hashable {
        /// A worker's decision that came in time.
        case decision(Decision)
        /// The default, because there was none.
        case fallback(FallbackCause)
    }

    /// The event that was answered.
    public var eventID: EventID
    /// What the answer rests on.
    public var cause: Cause

    /// Describes an outcome.
    public init(eventID: EventID, cause: Cause) {
        self.eventID = eventID
        self.cause = cause
    }

    /// What the platform was told to do.
    public var verdict: Decision.Verdict {
        switch cause {
        case .decision(let decision): decision.verdict
        case .fallback: .skip
        }
    }
}
