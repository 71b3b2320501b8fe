public import DecisionCore

/// A reservation as it stands in the business state.
public struct StoredReservation: Sendable, Hashable {
    /// How far a reservation has come.
    public enum State: String, Sendable, Hashable {
        /// The stream may be recorded; it is not known yet whether it is.
        case reserved
        /// The stream is being recorded.
        case recording
        /// The stream was interrupted or has ended: nothing is counted, and it may come back.
        case paused
        /// It is over.
        case ended
    }

    /// Its number; an older one has a smaller number.
    public var id: Int64
    /// The play domain.
    public var domain: String
    /// The application.
    public var app: String
    /// The stream name.
    public var stream: String
    /// The quota that it is charged to.
    public var quota: String
    /// What it is counted with; see ``QuotaUsage/bucket``.
    public var bucket: String
    /// How far it has come.
    public var state: State
    /// The rule that let the stream be recorded.
    public var rule: Rule.ID
    /// The callback that asked first.
    public var event: EventID
    /// How often it was asked for, repeated callbacks included.
    public var asks: Int
    /// When it was asked for first.
    public var askedAt: Timestamp
    /// When it was asked for last.
    public var lastAskedAt: Timestamp
    /// When it ends unless there is a sign of life.
    public var expiresAt: Timestamp
    /// From when on the recording is in no file yet; nil unless it is being recorded.
    public var recordingSince: Timestamp?
    /// When it ended.
    public var endedAt: Timestamp?
    /// What ended it, such as `stream_ended`.
    public var endCause: String?
}
