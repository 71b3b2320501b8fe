internal import DecisionCore

/// What an auditor can be told. Names and ranges of the keys that set these stand in the configuration table of the docs.
public struct AuditorConfiguration: Sendable {
    /// How many messages are taken from the stream before some are written, and so about the most in one transaction; a
    /// stream may hand out a few more, and with long messages a transaction has fewer.
    public var prefetch: UInt16 = 500
    /// How often reservations are expired and pruned.
    public var housekeepingInterval = Duration.seconds(60)
    /// How long a reservation that has ended is kept, so that files that come late are still charged to its quota.
    public var endedReservationRetention = Duration.seconds(30 * 86_400)
    /// How many days the audit trail is kept; 1 to 3,650.
    public var retentionDays = 400
    /// How often an auditor in waiting asks for the lock, and a leading one makes sure that its session is alive.
    public var pulse = Duration.seconds(1)
    /// How long a leader whose process hangs keeps the lock; whole seconds.
    public var sessionPatience = Duration.seconds(30)
    /// How long the stream may stay silent at the last message that was read before it counts as another stream of the
    /// same name.
    public var streamPatience = Duration.seconds(30)
    /// The name of this auditor in dead letters and logs.
    public var name = "auditor"

    /// The defaults.
    public init() {}

    /// The beginning of the first day (UTC) of which the audit trail is kept.
    func keptFrom(now: Timestamp) -> Timestamp {
        let day: Int64 = 86_400_000
        let moment = now.advanced(by: .seconds(-86_400 * retentionDays)).millisecondsSinceEpoch
        return Timestamp(millisecondsSinceEpoch: moment - moment % day)
    }
}
