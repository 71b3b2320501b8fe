internal import DecisionCore

extension Reply {
    /// The reply as a message body, such as
    /// `{"schema":1,"event":"…","worker":"…","verdict":"record","formats":["mp4"],"intervals":{"mp4":300},"rule":12,`
    /// `"losing_rules":[{"rule":3,"preceded":"priority"}],"revision":7,"decided_at":1700000000000}`,
    /// or `{"schema":1,"event":"…","worker":"…","failure":"state_unavailable"}`.
    ///
    /// After `worker` stand `worker_us` and `facts_us` when the worker says how long it took.
    /// What else a decision may have stands at `JSONWriter.members(of:)`.
    public func encodedBody() -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("schema", Schema.current)
            writer.member("event", eventID.description)
            writer.members(ofSender: self)
            writer.members(of: content)
        }
        return writer.bytes
    }

    /// Reads a message body.
    ///
    /// - Throws: ``WireError`` when the body is no reply of a known schema.
    public init(decodingBody body: [UInt8]) throws(WireError) {
        var fields = ReplyFields()
        try Schema.read(body) { (reader, name) throws(JSONError) in try fields.read(name, from: &reader) }
        self = try fields.reply()
    }
}

extension JSONWriter {
    /// Writes what a reply says of its worker, which is the same for all replies of a batch.
    mutating func members(ofSender reply: Reply) {
        member("worker", reply.worker)
        if let times = reply.times {
            member("worker_us", times.total)
            member("facts_us", times.facts)
        }
    }

    /// Writes what a worker has to say of one event.
    mutating func members(of content: Reply.Content) {
        switch content {
        case .failure(let cause): member("failure", cause.rawValue)
        case .decision(let decision): members(of: decision)
        }
    }
}
