/// How much may be recorded by the rules that name it.
public struct Quota: Sendable, Hashable {
    /// What is counted together.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        /// The streams of one domain.
        case domain
        /// The streams of one app of one domain.
        case app
        /// All streams.
        case group
    }

    /// How long a reservation may last without a sign of life: 5 minutes to 31 days.
    public static let expiryRange = Duration.seconds(5 * 60)...Duration.seconds(31 * 86_400)

    /// What rules call it: 1 to 100 letters, digits, dots, dashes and underscores, the first a letter or a digit.
    public var name: String
    /// What is counted together; it stays as it is for the life of a quota.
    public var scope: Scope
    /// Recordings at the same time, 0 or more; nil for no limit.
    public var concurrentLimit: Int?
    /// Minutes that are recorded in a calendar month, 0 or more; nil for no limit. One of the two is limited.
    public var minutesLimit: Int?
    /// The IANA name of the time zone that months begin in.
    public var timeZone: String
    /// How long a reservation lasts without a sign of life, in whole seconds; see ``expiryRange``.
    public var reservationExpiry: Duration
    /// How long a reservation waits for `record_started`, in whole seconds, 10 s to ``reservationExpiry``; nil where the
    /// platform sends no status callbacks: as long as that.
    public var startExpiry: Duration?
    /// For people; up to 1,000 bytes.
    public var note: String

    /// Describes a quota.
    public init(
        name: String,
        scope: Scope,
        concurrentLimit: Int? = nil,
        minutesLimit: Int? = nil,
        timeZone: String = "UTC",
        reservationExpiry: Duration = .seconds(86_400),
        startExpiry: Duration? = nil,
        note: String = ""
    ) {
        self.name = name
        self.scope = scope
        self.concurrentLimit = concurrentLimit
        self.minutesLimit = minutesLimit
        self.timeZone = timeZone
        self.reservationExpiry = reservationExpiry
        self.startExpiry = startExpiry
        self.note = note
    }
}
