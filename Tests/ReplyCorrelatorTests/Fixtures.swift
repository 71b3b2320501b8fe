import DecisionCore
import ReplyCorrelator
import Wire

extension EventID {
    /// The id of the question with this number.
    static func number(_ number: Int) -> EventID {
        EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000 + UInt64(number))
    }
}

extension Decision {
    /// A decision that can be told apart by its revision.
    static func revision(_ revision: Int64) -> Decision {
        Decision(
            verdict: .skip,
            reason: .noRuleMatches,
            revision: revision,
            decidedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
        )
    }
}

extension Reply {
    /// A reply to the question with this number, with that number as its revision.
    static func decision(_ number: Int) -> Reply {
        Reply(eventID: .number(number), content: .decision(.revision(Int64(number))), worker: "w")
    }

    static func failure(_ number: Int, _ cause: FallbackCause) -> Reply {
        Reply(eventID: .number(number), content: .failure(cause), worker: "w")
    }
}

extension AwaitedEvent {
    /// The question with this number.
    static func number(_ number: Int, deadline: ContinuousClock.Instant) -> AwaitedEvent {
        let receivedAt = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
        return AwaitedEvent(
            event: StreamEvent(id: .number(number), receivedAt: receivedAt, domain: "d", app: "a", stream: "s"),
            deadline: deadline,
            civilDeadline: receivedAt
        )
    }
}

extension ReplyCorrelator {
    /// Asks the question with this number, and waits for its end.
    func answer(
        to number: Int,
        deadline: ContinuousClock.Instant,
        publish: () -> Void
    ) async -> Result<ReceivedReply, FallbackCause> {
        await withCheckedContinuation { waiter in
            ask(.number(number, deadline: deadline), onEnd: { waiter.resume(returning: $0) }, publish: publish)
        }
    }

    /// As ``answer(to:deadline:publish:)``, and what a gateway makes of the end of the question.
    func decision(
        to number: Int,
        deadline: ContinuousClock.Instant,
        publish: () -> Void
    ) async -> Result<Decision, FallbackCause> {
        await answer(to: number, deadline: deadline, publish: publish).flatMap { received in
            switch received.reply.content {
            case .decision(let decision): .success(decision)
            case .failure(let cause): .failure(cause)
            }
        }
    }
}
