public import DecisionCore

/// One entry of the outcomes stream: what becomes a row of the audit trail.
public enum AuditRecord: Sendable, Hashable {
    /// A callback was answered.
    case outcome(Outcome)
    /// A decision came too late.
    case lateDecision(LateDecision)
    /// A decision reached nobody.
    case undeliverableReply(UndeliverableReply)
    /// A gateway has closed the books of a minute.
    case minute(GatewayMinute)
    /// Somebody has begun to replay events, or to go on with that, or has stopped.
    case replay(ReplayRun)
    /// An event went through the queue again.
    case replayed(ReplayedEvent)
}
