/// What a server answered to a question.
public struct CallbackAnswer: Sendable, Hashable {
    /// The HTTP status code.
    public let status: Int
    /// The first 2,048 bytes of the body, which are all that the platform reads.
    public let body: [UInt8]
    /// The length of the whole body in bytes.
    public let bodyLength: Int
    /// The server's name for the question (response header `X-NeedRecord-Event`), to be found in its logs.
    public let eventID: String?
    /// The time from the start of this attempt to the last byte of its answer.
    public let elapsed: Duration
    /// Which attempt got this answer, from 1.
    public let attempt: Int
    /// What the platform makes of it.
    public let verdict: CallbackVerdict
}
