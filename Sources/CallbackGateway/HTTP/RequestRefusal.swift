/// A request that is answered with an error and becomes no event.
struct RequestRefusal: Error {
    /// The answer.
    let reply: HTTPReply

    init(_ reply: HTTPReply) {
        self.reply = reply
    }

    /// Makes a refusal of what is bad about a callback.
    static func ofBad<T>(_ body: () throws(BadCallback) -> T) throws(RequestRefusal) -> T {
        do throws(BadCallback) {
            return try body()
        } catch {
            throw RequestRefusal(HTTPReply(error))
        }
    }
}
