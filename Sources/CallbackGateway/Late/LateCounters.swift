/// What has become of decisions that came too late, since a gateway started.
public struct LateCounters: Sendable, Equatable {
    /// Decisions of this gateway's own callbacks that it told the others of.
    public var told = 0
    /// Those that it must not tell: a quota had a say in them.
    public var withheld = 0
    /// Messages that told of a decision, the gateway's own among them.
    public var received = 0
    /// Messages that cannot be understood, or whose decision must not answer another callback.
    public var malformed = 0
    /// Decisions that were too old when they came.
    public var outdated = 0
    /// Callbacks that were answered with such a decision, and not with the default.
    public var used = 0
    /// Decisions that were forgotten before their time, because others needed the room.
    public var crowdedOut = 0
    /// Decisions that are remembered now.
    public var remembered = 0

    /// Nothing counted yet.
    public init() {}
}
