/// How full one bucket of a quota is.
public struct QuotaUsage: Sendable, Hashable {
    /// The name of the quota.
    public var quota: String
    /// What is counted together: a domain, a domain and an app, or nothing more for a quota that all share.
    public var bucket: String
    /// Recordings at the same time.
    public var concurrent: Limit
    /// The calendar month of ``minutes`` in the quota's time zone, such as `2026-11`.
    public var month: String
    /// Minutes recorded in the calendar month; the used ones are whole minutes, cut.
    public var minutes: Limit

    /// How much is used of what may or may not be limited.
    public struct Limit: Sendable, Hashable {
        /// How much is used.
        public var used: Int
        /// How much may be used; nil for no limit.
        public var limit: Int?

        /// Describes a usage.
        public init(used: Int, limit: Int?) {
            self.used = used
            self.limit = limit
        }
    }
}
