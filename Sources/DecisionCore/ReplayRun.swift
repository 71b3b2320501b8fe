/// One sitting of a replay whose events go through the queue again: a replay that was stopped goes on in another.
public struct ReplayRun: Sendable, Hashable {
    /// The replay.
    public var replay: EventID
    /// The sitting.
    public var id: EventID
    /// When it began, by the clock of whoever replays.
    public var startedAt: Timestamp
    /// Who replays; 1 to 255 bytes.
    public var operatorName: String
    /// What for; 1 to ``maximumReasonLength`` bytes.
    public var reason: String
    /// Which callbacks are replayed.
    public var selection: ReplaySelection
    /// How many events a second are published at most.
    public var rate: Int
    /// Whether events take reservations of quotas, as callbacks do.
    public var chargesQuotas: Bool
    /// How it ended; nil when it has only begun.
    public var end: End?

    /// How a sitting ended.
    public struct End: Sendable, Hashable {
        /// When.
        public var at: Timestamp
        /// Whether all that was selected was replayed, and not only a part.
        public var isComplete: Bool

        /// Describes an end.
        public init(at: Timestamp, isComplete: Bool) {
            self.at = at
            self.isComplete = isComplete
        }
    }

    /// The longest reason, in bytes.
    public static let maximumReasonLength = 1_000

    /// Describes a sitting that has begun.
    public init(
        replay: EventID,
        id: EventID,
        startedAt: Timestamp,
        operatorName: String,
        reason: String,
        selection: ReplaySelection,
        rate: Int,
        chargesQuotas: Bool
    ) {
        self.replay = replay
        self.id = id
        self.startedAt = startedAt
        self.operatorName = operatorName
        self.reason = reason
        self.selection = selection
        self.rate = rate
        self.chargesQuotas = chargesQuotas
    }
}
