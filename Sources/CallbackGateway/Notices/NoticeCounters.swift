/// What became of the notices that reached a gateway since it started.
///
/// `received` is the sum of `kept`, `notKept` of every cause, and the notices that wait now.
public struct NoticeCounters: Sendable, Equatable {
    /// Notices that were accepted.
    public var received = 0
    /// Notices that were answered with success, because the broker has confirmed them.
    public var kept = 0
    /// Notices that were answered with 503, by cause.
    public var notKept: [NotKeptCause: Int] = [:]
    /// Notices that wait for the broker's confirm now.
    public var pending = 0

    /// Nothing counted yet.
    public init() {}
}
