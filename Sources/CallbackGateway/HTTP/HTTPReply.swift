internal import HTTPTypes
internal import NIOCore

/// An answer over HTTP, ready to be written.
struct HTTPReply {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8]

    /// A JSON answer.
    init(_ status: HTTPResponse.Status, body: [UInt8]) {
        self.status = status
        self.body = body
        headers = [.contentType: "application/json; charset=utf-8", .contentLength: String(body.count)]
    }

    /// Ends the connection after this answer: the client wants no more, or the rest of its request is not wanted.
    func closing() -> HTTPReply {
        var reply = self
        reply.headers[.connection] = "close"
        return reply
    }
}
