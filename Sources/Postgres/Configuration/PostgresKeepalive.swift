/// TCP keepalive of an idle connection: a peer that is gone is noticed after `idle + interval * count`.
public struct PostgresKeepalive: Sendable, Hashable {
    /// How long a connection is idle before the first probe, in whole seconds. Default 30 s.
    public var idle: Duration = .seconds(30)
    /// The time between probes, in whole seconds. Default 5 s.
    public var interval: Duration = .seconds(5)
    /// How many probes may stay unanswered. Default 3.
    public var count = 3
}
