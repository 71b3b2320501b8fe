public import DecisionCore

extension StreamEvent {
    /// The event as a message body:
    /// `{"schema":1,"id":"…","received_at":1700000000000,"domain":"…","app":"…","stream":"…","vbitrate":2000,"codec":"h264"}`.
    ///
    /// An unknown bit rate or codec is left out; `anomalies` is there only when there are some.
    public func encodedBody() -> [UInt8] {
        var writer = JSONWriter(capacity: 192 + domain.utf8.count + app.utf8.count + stream.utf8.count)
        writer.object { writer in
            writer.member("schema", Schema.current)
            writer.member("id", id.description)
            writer.member("received_at", receivedAt.millisecondsSinceEpoch)
            writer.member("domain", domain)
            writer.member("app", app)
            writer.member("stream", stream)
            if let bitrate { writer.member("vbitrate", bitrate) }
            if let codec { writer.member("codec", codec.rawValue) }
            if !anomalies.isEmpty {
                writer.member("anomalies", array: { for anomaly in anomalies { $0.element(anomaly.rawValue) } })
            }
        }
        return writer.bytes
    }

    /// Reads a message body.
    ///
    /// - Throws: ``WireError`` when the body is no event of a known schema.
    public init(decodingBody body: [UInt8]) throws(WireError) {
        var id: String?
        var receivedAt: Int64?
        var domain: String?
        var app: String?
        var stream: String?
        var bitrate: Int?
        var codec: String?
        var anomalies: [String] = []
        try Schema.read(body) { (reader, name) throws(JSONError) in
            switch name {
            case "id": id = try reader.readString()
            case "received_at": receivedAt = try reader.readInteger()
            case "domain": domain = try reader.readString()
            case "app": app = try reader.readString()
            case "stream": stream = try reader.readString()
            case "vbitrate": bitrate = Int(try reader.readInteger())
            case "codec": codec = try reader.readString()
            case "anomalies":
                try reader.readArray { reader throws(JSONError) in anomalies.append(try reader.readString()) }
            default: try reader.skipValue()
            }
        }
        guard let eventID = EventID(try Schema.require(id, "id")) else { throw WireError(.invalidField, "id") }
        self.init(
            id: eventID,
            receivedAt: Timestamp(millisecondsSinceEpoch: try Schema.require(receivedAt, "received_at")),
            domain: try Schema.name(domain, "domain"),
            app: try Schema.name(app, "app"),
            stream: try Schema.name(stream, "stream"),
            bitrate: try Self.validated(bitrate),
            codec: try Self.codec(codec),
            // A later version may know more anomalies; they change no decision.
            anomalies: anomalies.compactMap(EventAnomaly.init(rawValue:))
        )
    }

    private static func validated(_ bitrate: Int?) throws(WireError) -> Int? {
        guard let bitrate else { return nil }
        guard (0...Int(Int32.max)).contains(bitrate) else { throw WireError(.invalidField, "vbitrate") }
        return bitrate
    }

    private static func codec(_ name: String?) throws(WireError) -> VideoCodec? {
        guard let name else { return nil }
        guard let codec = VideoCodec(rawValue: name) else { throw WireError(.invalidField, "codec") }
        return codec
    }
}
