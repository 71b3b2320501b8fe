/// What the audit trail says of the answer to a callback.
public struct KeptAnswer: Sendable, Hashable {
    /// `decided`, or why the default was answered.
    public var cause: String
    /// The decision that the answer rests on; nil when there was none in time.
    public var decision: Decision?

    /// Describes an answer.
    public init(cause: String, decision: Decision?) {
        self.cause = cause
        self.decision = decision
    }

    /// What the platform was told to do.
    public var verdict: Decision.Verdict { decision?.verdict ?? .skip }
}
