/// A decision whose reply no gateway took: the one that asked was gone, or had a new connection.
public struct UndeliverableReply: Sendable, Hashable {
    /// The event that was decided.
    public var eventID: EventID
    /// The decision that nobody got.
    public var decision: Decision
    /// The worker that made it.
    public var worker: String
    /// When the broker returned it, by the civil clock of the worker.
    public var returnedAt: Timestamp

    /// Describes an undeliverable reply.
    public init(eventID: EventID, decision: Decision, worker: String, returnedAt: Timestamp) {
        self.eventID = eventID
        self.decision = decision
        self.worker = worker
        self.returnedAt = returnedAt
    }
}
