/// Which reservations to look at.
public struct ReservationFilter: Sendable, Hashable {
    /// Only those of this play domain.
    public var domain: String?
    /// Only those of this application.
    public var app: String?
    /// Only those of this stream.
    public var stream: String?
    /// Only those that are charged to this quota.
    public var quota: String?
    /// Also those that have ended.
    public var includesEnded: Bool

    /// Describes a choice.
    public init(
        domain: String? = nil,
        app: String? = nil,
        stream: String? = nil,
        quota: String? = nil,
        includesEnded: Bool = false
    ) {
        self.domain = domain
        self.app = app
        self.stream = stream
        self.quota = quota
        self.includesEnded = includesEnded
    }
}
