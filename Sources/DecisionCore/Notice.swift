/// One callback that tells what has happened to a stream and asks nothing, as it came in.
///
/// The platform repeats a notice that is not answered with 200, up to five times, and gives it no id. So the same
/// happening may come as several notices, each with an id of its own; whoever counts them has to know them by their
/// content.
public struct Notice: Sendable, Hashable {
    /// What a notice tells.
    public enum Content: Sendable, Hashable {
        /// A recording has begun, paused, gone on or failed.
        case recordingStatus(RecordingStatus)
        /// A file of a recording is complete.
        case recordedFile(RecordedFile)
        /// A stream has begun to be pushed, or has ended.
        case ingest(IngestStatus)
    }

    /// The id the gateway gave it.
    public var id: EventID
    /// When the gateway accepted it, by its civil clock.
    public var receivedAt: Timestamp
    /// What it tells.
    public var content: Content

    /// Describes a notice.
    public init(id: EventID, receivedAt: Timestamp, content: Content) {
        self.id = id
        self.receivedAt = receivedAt
        self.content = content
    }

    /// The points in time that a notice may name, in seconds since the Unix epoch: up to the end of the year 9999.
    public static let timeRange: ClosedRange<Int64> = 0...253_402_300_799

    /// The points in time that a notice received then may name: of ``timeRange``, those up to a day ahead, which is more
    /// than two clocks are apart.
    public static func timeRange(receivedAt: Timestamp) -> ClosedRange<Int64> {
        let latest = receivedAt.advanced(by: .seconds(86_400)).millisecondsSinceEpoch / 1_000
        return timeRange.clamped(to: 0...max(0, latest))
    }

    /// The most bytes of a text that a pusher wrote into the push URL: of a longer one the beginning is kept, up to here
    /// or to the last Unicode scalar before.
    public static let maximumPushTextLength = 4_096
}
