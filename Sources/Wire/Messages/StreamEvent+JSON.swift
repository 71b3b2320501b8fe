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
            writer.members(of: self)
        }
        return writer.bytes
    }

    /// Reads a message body.
    ///
    /// - Throws: ``WireError`` when the body is no event of a known schema.
    public init(decodingBody body: [UInt8]) throws(WireError) {
        var fields = StreamEventFields()
        try Schema.read(body) { (reader, name) throws(JSONError) in try fields.read(name, from: &reader) }
        self = try fields.event()
    }
}

extension JSONWriter {
    /// Writes an event, as the members of ``StreamEvent/encodedBody()`` but the schema.
    mutating func members(of event: StreamEvent) {
        member("id", event.id.description)
        member("received_at", event.receivedAt.millisecondsSinceEpoch)
        member("domain", event.domain)
        member("app", event.app)
        member("stream", event.stream)
        if let bitrate = event.bitrate { member("vbitrate", bitrate) }
        if let codec = event.codec { member("codec", codec.rawValue) }
        if !event.anomalies.isEmpty {
            member("anomalies", array: { for anomaly in event.anomalies { $0.element(anomaly.rawValue) } })
        }
    }
}
