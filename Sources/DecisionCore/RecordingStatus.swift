/// What the platform says about a recording: its status callback, which has neither a time nor an id.
public struct RecordingStatus: Sendable, Hashable {
    /// What happened to the recording, in the platform's word for it.
    ///
    /// A word that is not among the known ones is kept as it came, 1 to 255 bytes. `record_ended` is not one of them:
    /// it is another vendor's. The platform's documentation says that the callback comes at the start and at the end,
    /// and the word it lists for the end of a stream is `record_paused`.
    public struct Event: RawRepresentable, Sendable, Hashable {
        /// The recording has begun.
        public static let started = Event(rawValue: "record_started")
        /// The stream was interrupted, or has ended.
        public static let paused = Event(rawValue: "record_paused")
        /// The stream is back, and the recording goes on.
        public static let resumed = Event(rawValue: "record_resumed")
        /// The recording has failed; the older user guide has it, the reference does not.
        public static let error = Event(rawValue: "record_error")

        /// The platform's word.
        public var rawValue: String

        /// Takes a word as it is.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    /// The play domain, not the ingest domain; 1 to 255 bytes.
    public var domain: String
    /// The application; 1 to 255 bytes.
    public var app: String
    /// The stream name; 1 to 255 bytes.
    public var stream: String
    /// What happened.
    public var event: Event

    /// Describes a status callback.
    public init(domain: String, app: String, stream: String, event: Event) {
        self.domain = domain
        self.app = app
        self.stream = stream
        self.event = event
    }
}
