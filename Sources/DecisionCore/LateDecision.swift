/// A decision that reached its gateway when the callback had been answered without it.
public struct LateDecision: Sendable, Hashable {
    /// The event that was decided.
    public var eventID: EventID
    /// The decision that changed nothing.
    public var decision: Decision
    /// The worker that made it.
    public var worker: String
    /// Who had answered already.
    public var run: GatewayRun
    /// When it came, by the civil clock of the gateway.
    public var receivedAt: Timestamp
    /// How long after the end of the answer budget it came, in microseconds; 0 when the callback had been answered
    /// before that, because no decision was expected any more.
    public var lateBy: Int

    /// Describes a late decision.
    public init(
        eventID: EventID,
        decision: Decision,
        worker: String,
        run: GatewayRun,
        receivedAt: Timestamp,
        lateBy: Int
    ) {
        self.eventID = eventID
        self.decision = decision
        self.worker = worker
        self.run = run
        self.receivedAt = receivedAt
        self.lateBy = lateBy
    }
}
