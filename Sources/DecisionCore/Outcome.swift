/// What a callback was answered, and what that rests on. Every accepted callback has exactly one.
///
/// It carries the whole event, so the audit trail is complete without any other record of the callback.
public struct Outcome: Sendable, Hashable {
    /// What the answer rests on.
    public enum Cause: Sendable, Hashable {
        /// A worker's decision that came in time.
        case decision(Decision)
        /// The default, because there was none.
        case fallback(FallbackCause)
    }

    /// The callback.
    public var event: StreamEvent
    /// What the answer rests on.
    public var cause: Cause
    /// The longest answer that the platform reads whole, in bytes.
    public static let maximumAnswerLength = 2_048

    /// The body of the answer, as it was sent.
    public var answer: String
    /// Who answered.
    public var run: GatewayRun
    /// The worker that replied in time, with a decision or with why there is none; nil when none did.
    public var worker: String?
    /// How often the event was handed to a connection to the broker: more than once when one was lost meanwhile.
    public var publishCount: Int
    /// How long it took.
    public var times: AnswerTimes
    /// The callback that the decision was made for, when it was another one: the decision had come too late for it, there
    /// was none for this callback, and both ask the same. Nil for a decision of its own, and for the default.
    public var lateOf: EventID?

    /// Describes an outcome.
    public init(
        event: StreamEvent,
        cause: Cause,
        answer: String,
        run: GatewayRun,
        worker: String? = nil,
        publishCount: Int = 0,
        times: AnswerTimes,
        lateOf: EventID? = nil
    ) {
        self.event = event
        self.cause = cause
        self.answer = answer
        self.run = run
        self.worker = worker
        self.publishCount = publishCount
        self.times = times
        self.lateOf = lateOf
    }

    /// What the platform was told to do.
    public var verdict: Decision.Verdict { cause.verdict }
}

extension Outcome.Cause {
    /// What the platform is to be told.
    public var verdict: Decision.Verdict {
        switch self {
        case .decision(let decision): decision.verdict
        case .fallback: .skip
        }
    }

    /// The decision that it rests on; nil when there was none.
    public var decision: Decision? {
        if case .decision(let decision) = self { decision } else { nil }
    }

    /// The word that stands for it in messages, tables and counters: ``decided``, or the fallback's cause.
    public var name: String {
        switch self {
        case .decision: Self.decided
        case .fallback(let cause): cause.rawValue
        }
    }

    /// The word for an answer that rests on a decision.
    public static let decided = "decided"
    /// Every word that ``name`` can be.
    public static let names = [decided] + FallbackCause.allCases.map(\.rawValue)
}
