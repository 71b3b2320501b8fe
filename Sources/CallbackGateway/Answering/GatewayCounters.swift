public import DecisionCore

/// What a gateway has answered since it started.
///
/// `received` is the sum of `decided`, `fallbacks` of every cause, and the callbacks that wait now.
public struct GatewayCounters: Sendable, Equatable {
    /// Callbacks that were accepted.
    public var received = 0
    /// Answers that rest on a decision to record.
    public var recorded = 0
    /// Answers that rest on a decision not to record.
    public var skipped = 0
    /// Answers with the default, by cause.
    public var fallbacks: [FallbackCause: Int] = [:]
    /// Requests that were answered with an error, by HTTP status.
    public var rejected: [Int: Int] = [:]
    /// Accepted callbacks with something odd about them, by what it was.
    public var anomalies: [EventAnomaly: Int] = [:]

    /// Nothing counted yet.
    public init() {}
}
