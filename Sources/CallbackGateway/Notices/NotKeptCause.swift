/// Why a notice was not kept; the platform is told so with status 503, and asks again.
public enum NotKeptCause: String, Error, Sendable, CaseIterable {
    /// The broker did not confirm it within the answer budget.
    case timeout
    /// There is no way to the broker.
    case brokerUnavailable = "broker_unavailable"
    /// The broker is short of memory or disk and takes no messages.
    case brokerBlocked = "broker_blocked"
    /// The outcomes stream did not take it: it is gone, or down.
    case unroutable
    /// The broker refused it.
    case refused
    /// As many notices wait for their confirm as may, or as many bytes of them.
    case overloaded
    /// The gateway is stopping.
    case draining
}
