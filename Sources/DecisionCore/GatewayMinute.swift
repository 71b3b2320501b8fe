/// What one run of a gateway counted for the callbacks of one minute, once all of them were answered.
///
/// The audit trail must have exactly as many outcomes of that run and minute, cause by cause. The minute is that of the
/// events' ids, so that counters and rows cannot disagree about which minute a callback belongs to.
public struct GatewayMinute: Sendable, Hashable {
    /// Who counted.
    public var run: GatewayRun
    /// The beginning of the minute, a multiple of 60,000 ms.
    public var minute: Timestamp
    /// The callbacks that were accepted.
    public var received: Int
    /// The answers, by ``Outcome/Cause/name``; those that there were none of are left out.
    public var outcomes: [String: Int]
    /// The outcomes among them that could not be kept, because the journal was full or its disk failed.
    public var unkept: Int

    /// Describes a minute.
    public init(run: GatewayRun, minute: Timestamp, received: Int, outcomes: [String: Int], unkept: Int = 0) {
        self.run = run
        self.minute = minute
        self.received = received
        self.outcomes = outcomes
        self.unkept = unkept
    }
}

extension EventID {
    /// The minute that it was made in, as its beginning.
    public var minute: Timestamp {
        let milliseconds = timestamp.millisecondsSinceEpoch
        return Timestamp(millisecondsSinceEpoch: milliseconds - milliseconds % 60_000)
    }
}
