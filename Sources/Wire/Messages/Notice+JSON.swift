public import DecisionCore

extension Notice {
    /// The notice as a message body, of one of three kinds:
    /// `{"schema":1,"kind":"recording_status","id":"…","received_at":1700000000000,"domain":"…","app":"…","stream":"…",`
    /// `"event":"record_started"}`; `"kind":"recorded_file"` with `uri`, `duration_ms`, `start_time`, `stop_time` (Unix
    /// seconds) and `push_args` (an object) in the place of `event`; or `"kind":"ingest"` with `action`,
    /// `ingest_domain`, `app`, `stream`, `time` (Unix seconds), and `client_ip`, `usrargs`, `node`, `height`, `width`
    /// where they are known.
    ///
    /// The names are the meanings: what the ingest callback calls `app` is `ingest_domain` here.
    public func encodedBody() -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("schema", Schema.current)
            writer.member("kind", Kind(content).rawValue)
            writer.member("id", id.description)
            writer.member("received_at", receivedAt.millisecondsSinceEpoch)
            switch content {
            case .recordingStatus(let status): Self.write(status, to: &writer)
            case .recordedFile(let file): Self.write(file, to: &writer)
            case .ingest(let ingest): Self.write(ingest, to: &writer)
            }
        }
        return writer.bytes
    }

    private static func write(_ status: RecordingStatus, to writer: inout JSONWriter) {
        writer.member("domain", status.domain)
        writer.member("app", status.app)
        writer.member("stream", status.stream)
        writer.member("event", status.event.rawValue)
    }

    private static func write(_ file: RecordedFile, to writer: inout JSONWriter) {
        writer.member("domain", file.domain)
        writer.member("app", file.app)
        writer.member("stream", file.stream)
        writer.member("uri", file.uri)
        writer.member("duration_ms", file.durationMilliseconds)
        writer.member("start_time", file.startTime)
        writer.member("stop_time", file.stopTime)
        writer.member(
            "push_args",
            object: { arguments in
                // In an order of their own, so that the same notice has the same body.
                for (name, value) in file.pushArguments.sorted(by: { $0.key < $1.key }) {
                    arguments.member(named: name, value)
                }
            }
        )
    }

    private static func write(_ ingest: IngestStatus, to writer: inout JSONWriter) {
        writer.member("action", ingest.action.rawValue)
        writer.member("ingest_domain", ingest.ingestDomain)
        writer.member("app", ingest.app)
        writer.member("stream", ingest.stream)
        writer.member("time", ingest.time)
        if let clientIP = ingest.clientIP { writer.member("client_ip", clientIP) }
        if let pushArguments = ingest.pushArguments { writer.member("usrargs", pushArguments) }
        if let node = ingest.node { writer.member("node", node) }
        if let height = ingest.height { writer.member("height", height) }
        if let width = ingest.width { writer.member("width", width) }
    }

    /// Reads a message body.
    ///
    /// - Throws: ``WireError`` when the body is no notice of a known schema.
    public init(decodingBody body: [UInt8]) throws(WireError) {
        var fields = NoticeFields()
        try Schema.read(body) { (reader, name) throws(JSONError) in try fields.read(name, from: &reader) }
        self = try fields.notice()
    }

    /// What a body says it is.
    enum Kind: String {
        case recordingStatus = "recording_status"
        case recordedFile = "recorded_file"
        case ingest

        init(_ content: Content) {
            switch content {
            case .recordingStatus: self = .recordingStatus
            case .recordedFile: self = .recordedFile
            case .ingest: self = .ingest
            }
        }
    }
}
