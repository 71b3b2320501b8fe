/// What became of the replies that reached a gateway since it started.
public struct ReplyCounters: Sendable, Equatable {
    /// Replies that answered a callback.
    public var inTime = 0
    /// Replies to a callback that had been answered with the default.
    public var late = 0
    /// Replies to a callback that a reply had answered already.
    public var duplicate = 0
    /// Replies to nothing that is remembered here.
    public var unknown = 0
    /// Messages in the reply queue that are not a reply.
    public var malformed = 0
    /// Callbacks that wait for a reply now.
    public var pending = 0
    /// How many may wait now: fewer than usual while workers cannot keep up.
    public var pendingLimit = 0

    /// Nothing counted yet.
    public init() {}
}
