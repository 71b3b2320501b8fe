/// What has become of a gateway's outcomes since it started.
public struct OutcomeCounters: Sendable, Equatable {
    /// Outcomes that the journal has taken. Each outcome is in one of this, ``direct``, ``held`` and ``unkept``.
    public var kept = 0
    /// Outcomes that the journal's disk took longer for than an answer may wait. They are counted elsewhere, too.
    public var overtaken = 0
    /// Outcomes that the journal did not take, because it is full or its disk failed, and that the broker has
    /// taken instead.
    public var direct = 0
    /// Outcomes that have not come to their end: the journal is yet to take them or, if it did not, the broker is.
    public var held = 0
    /// Outcomes that neither of them took.
    public var unkept = 0
    /// Decisions that came when their callback had been answered.
    public var lateDecisions = 0
    /// Messages with records that the broker has confirmed.
    public var messagesConfirmed = 0
    /// Messages with records that the broker did not take, or that were on their way when a connection ended.
    public var messagesLost = 0
    /// Records that wait in the journal for the broker.
    public var waiting = 0
    /// The bytes that the journal has on disk.
    public var journalBytes = 0
    /// How long the oldest record has been waiting, in seconds.
    public var oldestWaiting = 0

    /// Nothing counted yet.
    public init() {}
}
