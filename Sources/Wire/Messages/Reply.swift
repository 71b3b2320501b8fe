public import DecisionCore

/// What a worker answers to the gateway that asked.
public struct Reply: Sendable, Hashable {
    /// What the worker has to say.
    public enum Content: Sendable, Hashable {
        /// It decided.
        case decision(Decision)
        /// It could not decide, and says so at once instead of letting the gateway wait.
        case failure(FallbackCause)
    }

    /// The event this is about.
    public var eventID: EventID
    /// What the worker has to say.
    public var content: Content
    /// The worker that says it.
    public var worker: String

    /// Describes a reply.
    public init(eventID: EventID, content: Content, worker: String) {
        self.eventID = eventID
        self.content = content
        self.worker = worker
    }
}
