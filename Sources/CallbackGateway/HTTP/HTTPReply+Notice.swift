internal import DecisionCore
internal import NIOHTTP1
internal import Wire

extension HTTPReply {
    /// A notice is kept. The body is the one that the platform's SDK documentation shows; only the status counts.
    static func kept(_ id: EventID) -> HTTPReply {
        var writer = JSONWriter(capacity: 32)
        writer.object { writer in
            writer.member("Code", 0)
            writer.member("Msg", "Success")
        }
        var reply = HTTPReply(.ok, body: writer.bytes)
        reply.headers.add(name: CallbackHandler.eventHeader, value: id.description)
        return reply
    }

    /// A notice is not kept; the platform asks again.
    static func notKept(_ cause: NotKeptCause) -> HTTPReply {
        .error(.serviceUnavailable, code: "not_kept", message: "the notice is not kept: \(cause.rawValue)")
    }
}
