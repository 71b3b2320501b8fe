/// What a callback asks: everything that a decision is made of, and nothing that tells one attempt of the platform from
/// the next, which have no id in common.
public struct StreamQuestion: Sendable, Hashable {
    /// The play domain.
    public var domain: String
    /// The application.
    public var app: String
    /// The stream name.
    public var stream: String
    /// The video bit rate in kbit/s; nil when it is not known.
    public var bitrate: Int?
    /// The video codec; nil when it is not known.
    public var codec: VideoCodec?
}

extension StreamEvent {
    /// What it asks.
    public var question: StreamQuestion {
        StreamQuestion(domain: domain, app: app, stream: stream, bitrate: bitrate, codec: codec)
    }
}
