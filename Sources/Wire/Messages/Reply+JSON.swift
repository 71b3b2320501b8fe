internal import DecisionCore

extension Reply {
    /// The reply as a message body, such as
    /// `{"schema":1,"event":"…","worker":"…","verdict":"record","formats":["mp4"],"intervals":{"mp4":300},"rule":12,`
    /// `"losing_rules":[{"rule":3,"preceded":"priority"}],"revision":7,"decided_at":1700000000000}`,
    /// or `{"schema":1,"event":"…","worker":"…","failure":"state_unavailable"}`.
    public func encodedBody() -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("schema", Schema.current)
            writer.member("event", eventID.description)
            writer.member("worker", worker)
            switch content {
            case .failure(let cause): writer.member("failure", cause.rawValue)
            case .decision(let decision): Self.write(decision, to: &writer)
            }
        }
        return writer.bytes
    }

    private static func write(_ decision: Decision, to writer: inout JSONWriter) {
        switch decision.verdict {
        case .skip:
            writer.member("verdict", "skip")
        case .record(let plan):
            writer.member("verdict", "record")
            writer.members(of: plan)
        }
        if case .rule(let id) = decision.reason { writer.member("rule", id.rawValue) }
        if !decision.losingRules.isEmpty {
            writer.member("losing_rules", array: { for loser in decision.losingRules { $0.element(loser) } })
        }
        writer.member("revision", decision.revision)
        writer.member("decided_at", decision.decidedAt.millisecondsSinceEpoch)
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
