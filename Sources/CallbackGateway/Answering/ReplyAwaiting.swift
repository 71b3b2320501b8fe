public import DecisionCore
public import Wire

/// Where a gateway leaves its questions until they are answered.
public protocol ReplyAwaiting: Sendable {
    /// Registers a question, has it published, and tells of its end, once, at the deadline at the latest.
    ///
    /// - Parameters:
    ///   - question: What is asked, once.
    ///   - onEnd: Told of the reply, which may say that there is no decision, or why there is none. It does not wait, and
    ///     may be called on any thread, and before this returns.
    ///   - publish: Called once the question is registered.
    func ask(
        _ question: AwaitedEvent,
        onEnd: @escaping @Sendable (Result<ReceivedReply, FallbackCause>) -> Void,
        publish: () -> Void
    )

    /// There will be no reply to this event; nothing happens if it has ended already.
    func fail(_ id: EventID, cause: FallbackCause)

    /// Every question that waits, in the order of asking.
    func waiting() -> [AwaitedEvent]
}
