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
    /// How long it took; nil when it does not say.
    public var times: WorkerTimes?

    /// Whether the worker decided.
    public var isDecision: Bool {
        if case .decision = content { true } else { false }
    }

    /// Describes a reply.
    public init(eventID: EventID, content: Content, worker: String, times: WorkerTimes? = nil) {
        self.eventID = eventID
        self.content = content
        self.worker = worker
        self.times = times
    }
}
