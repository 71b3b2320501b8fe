/// Why a callback was answered with the default, which is not to record, instead of a decision.
public enum FallbackCause: String, Sendable, Hashable, CaseIterable, Error {
    /// No reply came within the answer budget.
    case timeout
    /// There was no connection to the broker for longer than the gateway waits for one.
    case brokerUnavailable = "broker_unavailable"
    /// The broker takes no messages because of a resource alarm.
    case brokerBlocked = "broker_blocked"
    /// The broker had no queue for the event.
    case unroutable
    /// Too much is in flight: in this gateway, or in the broker's queue.
    case overloaded
    /// The worker could not read the business state in time.
    case stateUnavailable = "state_unavailable"
    /// The gateway is stopping and did not begin with the event.
    case draining
}
