/// One callback, as it came in: the platform's question whether to record a stream.
public struct StreamEvent: Sendable, Hashable {
    /// The id the gateway gave it.
    public var id: EventID
    /// When the gateway accepted it, by its civil clock.
    public var receivedAt: Timestamp
    /// The play domain, not the ingest domain; 1 to 255 bytes.
    public var domain: String
    /// The application; 1 to 255 bytes.
    public var app: String
    /// The stream name; 1 to 255 bytes.
    public var stream: String
    /// The video bit rate in kbit/s; nil when the callback gave none or one that cannot be read.
    public var bitrate: Int?
    /// The video codec; nil when the callback gave one that is not known.
    public var codec: VideoCodec?
    /// What was odd about the callback without making it invalid.
    public var anomalies: [EventAnomaly]

    /// Describes a callback.
    public init(
        id: EventID,
        receivedAt: Timestamp,
        domain: String,
        app: String,
        stream: String,
        bitrate: Int? = nil,
        codec: VideoCodec? = .h264,
        anomalies: [EventAnomaly] = []
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.domain = domain
        self.app = app
        self.stream = stream
        self.bitrate = bitrate
        self.codec = codec
        self.anomalies = anomalies
    }
}

/// Something odd about a callback that is noted, but never costs a recording.
public enum EventAnomaly: String, Sendable, Hashable, CaseIterable {
    /// `vbitrate` is not a whole number of kbit/s from 0 to 2,147,483,647; the bit rate is taken as unknown.
    case malformedBitrate = "malformed_vbitrate"
    /// `codec` is neither `h264` nor `h265`; the codec is taken as unknown.
    case unknownCodec = "unknown_codec"
}
