/// A stream has begun to be pushed, or has ended: the platform's stream ingest callback.
///
/// Its parameter names are a trap. In the on-demand and recording callbacks `domain`, `app` and `stream` are what they
/// say; in this one, by the table of its own documentation, `app` is the *ingest domain*, `appname` is the application
/// and `id` is the stream. The names here are the meanings.
public struct IngestStatus: Sendable, Hashable {
    /// What happened to the stream.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// It is being pushed; sent when the pusher is still there 2 s later.
        case publish
        /// It has ended.
        case publishDone = "publish_done"
    }

    /// The widest and the highest picture, in pixels.
    public static let pixelRange = 0...65_535

    /// What happened.
    public var action: Action
    /// The ingest domain, or the play domain where no ingest domain is bound to it; `app` in the callback. 1 to 255
    /// bytes.
    public var ingestDomain: String
    /// The application, `appname` in the callback; 1 to 255 bytes.
    public var app: String
    /// The stream name, `id` in the callback; 1 to 255 bytes. An older edition of the documentation says that it comes
    /// in lower case.
    public var stream: String
    /// When it happened, in seconds since the Unix epoch; see ``Notice/timeRange``.
    public var time: Int64
    /// The address of the pusher, as it came; at most 255 bytes.
    public var clientIP: String?
    /// The query string of the push URL, as the pusher wrote it, cut to ``Notice/maximumPushTextLength``; `usrargs` in
    /// the callback.
    public var pushArguments: String?
    /// The node that takes the stream; at most 255 bytes.
    public var node: String?
    /// The height of the picture in pixels; the platform says it in the first callback of a stream only.
    public var height: Int?
    /// The width of the picture in pixels; the platform says it in the first callback of a stream only.
    public var width: Int?

    /// Describes an ingest callback.
    public init(
        action: Action,
        ingestDomain: String,
        app: String,
        stream: String,
        time: Int64,
        clientIP: String? = nil,
        pushArguments: String? = nil,
        node: String? = nil,
        height: Int? = nil,
        width: Int? = nil
    ) {
        self.action = action
        self.ingestDomain = ingestDomain
        self.app = app
        self.stream = stream
        self.time = time
        self.clientIP = clientIP
        self.pushArguments = pushArguments
        self.node = node
        self.height = height
        self.width = width
    }
}
