public import DecisionCore
public import Wire

/// Where a gateway leaves its questions until they are answered.
public protocol ReplyAwaiting: Sendable {
    /// Registers a question, has it published, and waits for its end, which comes at the deadline at the latest.
    ///
    /// - Parameters:
    ///   - id: The event's id, used once.
    ///   - question: What ``waiting()`` hands out while the question waits.
    ///   - deadline: When the default is to be answered.
    ///   - publish: Called once the question is registered.
    /// - Returns: The reply, which may say that there is no decision; or why there is none.
    func answer(
        to id: EventID,
        question: AwaitedEvent,
        deadline: ContinuousClock.Instant,
        publish: () -> Void
    ) async -> Result<ReceivedReply, FallbackCause>

    /// There will be no reply to this event; nothing happens if it has ended already.
    func fail(_ id: EventID, cause: FallbackCause)

    /// Every question that waits, in the order of asking.
    func waiting() -> [(id: EventID, question: AwaitedEvent, deadline: ContinuousClock.Instant)]
}
