/// What a quota said when a recording was to be charged to it.
public struct Reservation: Sendable, Hashable {
    /// How a stream stands with a quota.
    public enum State: String, Sendable, Hashable {
        /// There was room, and it is taken for this stream now.
        case granted
        /// This stream had its reservation already: it is asked about again.
        case held
        /// There is no room.
        case denied
        /// The quota was not asked; a shadow decision takes it to have room.
        case assumed
    }

    /// The name of the quota.
    public var quota: String
    /// What the quota counts for: a domain, a domain and an app, or nothing more for a quota that all share.
    public var bucket: String
    /// How the stream stands with it.
    public var state: State
    /// Recordings at the same time, this one not among them.
    public var concurrent: Usage?
    /// Minutes recorded in the calendar month; the used ones are whole minutes, cut.
    public var minutes: Usage?
    /// The calendar month of ``minutes`` in the quota's time zone, such as `2026-11`.
    public var month: String?

    /// How much of a limit is used.
    public struct Usage: Sendable, Hashable {
        /// How much is used.
        public var used: Int
        /// How much may be used.
        public var limit: Int

        /// Describes a usage.
        public init(used: Int, limit: Int) {
            self.used = used
            self.limit = limit
        }
    }

    /// Describes what a quota said.
    public init(
        quota: String,
        bucket: String = "",
        state: State,
        concurrent: Usage? = nil,
        minutes: Usage? = nil,
        month: String? = nil
    ) {
        self.quota = quota
        self.bucket = bucket
        self.state = state
        self.concurrent = concurrent
        self.minutes = minutes
        self.month = month
    }

    /// Whether the stream may be recorded, as far as the quota goes.
    public var isRoom: Bool { state != .denied }
}
