/// What was read from the business state to decide one event.
public struct Facts: Sendable, Hashable {
    /// The rule revision the rules stand for; it goes up with every change of a rule.
    public var revision: Int64
    /// The rules that may match the event, in any order.
    public var rules: [Rule]
    /// What the wall clocks of each time zone that a schedule names show ahead of UTC at the time of deciding, in
    /// seconds. The database knows, so that all workers agree, however old the time zones of their machines are.
    public var utcOffsets: [String: Int]
    /// What the quota of the winning rule said; nil when it has none, or was not asked.
    public var reservation: Reservation?

    /// Describes what was read.
    public init(
        revision: Int64,
        rules: [Rule],
        utcOffsets: [String: Int] = [:],
        reservation: Reservation? = nil
    ) {
        self.revision = revision
        self.rules = rules
        self.utcOffsets = utcOffsets
        self.reservation = reservation
    }
}
