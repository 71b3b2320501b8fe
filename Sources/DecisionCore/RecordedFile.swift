/// A file of a recording that is complete: the platform's file callback.
///
/// The members are those of the platform's documentation. Two things in it are easily taken for granted and do not
/// hold: the duration is not the stop time less the start time (its own example has 69.403 s between two times that are
/// 54 s apart), and there is no id: `uri` and `stopTime` tell one file from another.
public struct RecordedFile: Sendable, Hashable {
    /// The longest URI in bytes. An object's key in the platform's storage has at most 1,023.
    public static let maximumURILength = 1_024
    /// The longest duration in milliseconds: 7 days, at which the platform cuts a recording.
    public static let maximumDuration = 604_800_000
    /// The most parameters of the push URL.
    public static let maximumPushArguments = 64

    /// The play domain, not the ingest domain; 1 to 255 bytes.
    public var domain: String
    /// The application; 1 to 255 bytes.
    public var app: String
    /// The stream name; 1 to 255 bytes.
    public var stream: String
    /// The path of the object in its bucket; 1 to 1,024 bytes.
    public var uri: String
    /// The length of the recording in milliseconds, rounded, 0 to 604,800,000; the platform says it in seconds with a
    /// fraction.
    public var durationMilliseconds: Int
    /// When the recording began, in seconds since the Unix epoch; see ``Notice/timeRange``.
    public var startTime: Int64
    /// When the recording ended, not before it began, in seconds since the Unix epoch; see ``Notice/timeRange``.
    public var stopTime: Int64
    /// The parameters of the push URL whose names begin with `callback_`; at most 64, with names of 1 to 255 bytes and
    /// values that are cut to ``Notice/maximumPushTextLength``.
    public var pushArguments: [String: String]

    /// Describes a file callback.
    public init(
        domain: String,
        app: String,
        stream: String,
        uri: String,
        durationMilliseconds: Int,
        startTime: Int64,
        stopTime: Int64,
        pushArguments: [String: String] = [:]
    ) {
        self.domain = domain
        self.app = app
        self.stream = stream
        self.uri = uri
        self.durationMilliseconds = durationMilliseconds
        self.startTime = startTime
        self.stopTime = stopTime
        self.pushArguments = pushArguments
    }
}
