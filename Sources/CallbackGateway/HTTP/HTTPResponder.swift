internal import NIOCore
internal import NIOHTTP1

/// Answers the requests of a connection, on the connection's event loop.
protocol HTTPResponder: Sendable {
    /// A request has begun.
    ///
    /// - Parameter peer: Where the connection comes from; nil when nobody knows.
    func begin(_ head: HTTPRequestHead, from peer: NetworkAddress?) -> RequestBeginning
}

/// What is made of the head of a request.
enum RequestBeginning {
    /// It has its answer already; what comes of its body is passed over.
    case answered(HTTPReply)
    /// It is answered when its body is there.
    case taken(any TakenRequest)
}

/// A request whose body is to come.
protocol TakenRequest {
    /// The most bytes of body that are of use; nil when none are, and what comes is passed over.
    var maximumBodyLength: Int? { get }

    /// The answer to a body that is too long.
    func bodyTooLong() -> HTTPReply

    /// The request has come to its end.
    ///
    /// - Parameter onReply: Called once with the answer, on any thread, and maybe before this returns.
    func finish(_ body: ByteBuffer, onReply: @escaping @Sendable (HTTPReply) -> Void)
}
