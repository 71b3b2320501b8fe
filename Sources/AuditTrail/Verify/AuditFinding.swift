public import DecisionCore

/// One thing in which callbacks, outcomes and the gateways' counts are not the same.
public struct AuditFinding: Sendable, Hashable {
    /// What kind of thing.
    public enum Kind: String, Sendable, CaseIterable {
        /// A callback without an outcome, which its gateway says that it has answered.
        case missing
        /// More outcomes of a run, minute and cause than the gateway has counted.
        case unexpected
        /// Fewer outcomes of a run, minute and cause than the gateway has counted.
        case unbalanced
        /// Outcomes that a gateway says that it could not keep.
        case unkept
        /// A callback with two outcomes.
        case duplicate
        /// A callback without an outcome whose gateway never told of the minute, and has been heard of since it was
        /// started again, so that its journal is empty of it: it was killed before it answered.
        case unanswered
        /// A callback without an outcome whose gateway never told of the minute, and has not been heard of under this
        /// name since: it was killed, and what it answered may be in its journal.
        case silent
        /// A callback without an outcome that is so young that the outcome may be on its way.
        case recent
        /// An outcome that was decided, and so went through the broker, whose callback is not in the stream.
        case uncopied

        /// Whether the audit trail does not add up because of it.
        public var isFault: Bool {
            switch self {
            case .missing, .unexpected, .unbalanced, .unkept, .duplicate: true
            case .unanswered, .silent, .recent, .uncopied: false
            }
        }

        /// Whether it may turn out to be a fault, or none, later.
        public var isOpen: Bool { self == .silent || self == .recent }
    }

    /// What kind of thing it is.
    public var kind: Kind
    /// The callback, where it is about one.
    public var event: EventID?
    /// The gateway that took the callback or has counted.
    public var run: GatewayRun?
    /// The minute of the event ids.
    public var minute: Timestamp
    /// The cause of the answers, where it is known.
    public var cause: String?
    /// How many outcomes the gateway has counted, or could not keep.
    public var counted: Int?
    /// How many outcomes there are.
    public var kept: Int?
}
