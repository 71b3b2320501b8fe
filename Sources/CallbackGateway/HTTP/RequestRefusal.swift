/// A request that is answered with an error before it is looked at as a callback.
struct RequestRefusal: Error {
    /// The answer.
    let reply: HTTPReply

    init(_ reply: HTTPReply) {
        self.reply = reply
    }
}
