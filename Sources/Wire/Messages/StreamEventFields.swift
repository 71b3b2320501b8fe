internal import DecisionCore

/// The members of an event as they are read, before it is known whether they make an event.
struct StreamEventFields {
    private var id: String?
    private var receivedAt: Int64?
    private var domain: String?
    private var app: String?
    private var stream: String?
    private var bitrate: Int?
    private var codec: String?
    private var anomalies: [String] = []

    init() {}

    /// Reads an event that is an object of its own.
    init(from reader: inout JSONReader) throws(JSONError) {
        try reader.readObject { (reader, name) throws(JSONError) in try read(name, from: &reader) }
    }

    mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONError) {
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

    func event() throws(WireError) -> StreamEvent {
        guard let eventID = EventID(try Schema.require(id, "id")) else { throw WireError(.invalidField, "id") }
        return StreamEvent(
            id: eventID,
            receivedAt: Timestamp(millisecondsSinceEpoch: try Schema.require(receivedAt, "received_at")),
            domain: try Schema.name(domain, "domain"),
            app: try Schema.name(app, "app"),
            stream: try Schema.name(stream, "stream"),
            bitrate: try validatedBitrate(),
            codec: try knownCodec(),
            // A later version may know more anomalies; they change no decision.
            anomalies: anomalies.compactMap(EventAnomaly.init(rawValue:))
        )
    }

    private func validatedBitrate() throws(WireError) -> Int? {
        guard let bitrate else { return nil }
        guard (0...Int(Int32.max)).contains(bitrate) else { throw WireError(.invalidField, "vbitrate") }
        return bitrate
    }

    private func knownCodec() throws(WireError) -> VideoCodec? {
        guard let codec else { return nil }
        guard let known = VideoCodec(rawValue: codec) else { throw WireError(.invalidField, "codec") }
        return known
    }
}
