/// The request that has its turn.
struct Exchange {
    let id: UInt64
    let request: Request
    /// When the connection is given up if the server has not answered by then.
    let hardDeadline: ContinuousClock.Instant?
    var conversation: Conversation
    /// True while the timeout is set in a round trip of its own, because the request itself has no place for it.
    var isSettingTimeout = false
    /// One place for each query.
    var results: [ResultHandle?]
    var error: PostgresError?
    var isStale = false
    var isRepeated = false
    /// The next piece of COPY data to hand over; nil when none is wanted.
    var nextChunk: Int?
}
