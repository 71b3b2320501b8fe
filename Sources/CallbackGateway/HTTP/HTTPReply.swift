internal import NIOHTTP1

/// An answer over HTTP, ready to be written.
struct HTTPReply {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: [UInt8]

    /// A JSON answer. It holds for its moment: callbacks are `GET` requests, and nothing on the way may answer one again
    /// with what it has kept of another.
    init(_ status: HTTPResponseStatus, body: [UInt8]) {
        self.status = status
        self.body = body
        headers = [
            "Content-Type": "application/json; charset=utf-8", "Content-Length": String(body.count),
            "Cache-Control": "no-store",
        ]
    }

    /// Whether the connection ends after it.
    var isLast: Bool { headers.contains(name: "Connection") }

    /// Ends the connection after this answer: the client wants no more, or the rest of its request is not wanted.
    func closing() -> HTTPReply {
        var reply = self
        reply.headers.replaceOrAdd(name: "Connection", value: "close")
        return reply
    }
}
