/// What came of a ``LoadPlan``, without its warm-up.
///
/// Every request is in one place: `sent` plus those not sent is the sum of the usable answers and the failures.
public struct LoadReport: Sendable, Hashable {
    /// How many complete HTTP answers came in, and what they said.
    public struct Answers: Sendable, Hashable {
        /// All of them, those that the platform cannot use included.
        public internal(set) var total = 0
        /// ``CallbackVerdict/record``.
        public internal(set) var record = 0
        /// ``CallbackVerdict/doNotRecord``.
        public internal(set) var doNotRecord = 0
        /// ``CallbackVerdict/doNotRecordByOmission``.
        public internal(set) var doNotRecordByOmission = 0
    }

    /// How many requests were sent, those included whose connection could not be made.
    public let sent: Int
    /// What was answered.
    public let answers: Answers
    /// How many requests failed, by reason: no answer, or one that the platform cannot use. Only reasons that occurred.
    public let failures: [CallbackFailure: Int]
    /// How many requests the warm-up took.
    public let warmUpCount: Int
    /// The rate that was asked for in requests per second, `nil` for a closed loop.
    public let plannedRate: Double?
    /// From the end of the warm-up to the last answer or failure.
    public let elapsed: Duration
    /// How many connections the run had at its disposal.
    public let connections: Int
    /// How often one was established. More than `connections` means that the server closed some.
    public let connectionsEstablished: Int
    /// How long the answers took, timeouts included at the time waited. In an open loop from when a request was due,
    /// in a closed loop from when it was sent.
    public let latency: LatencySummary
    /// Whether the run was cancelled before it was complete.
    public let isInterrupted: Bool

    /// All failures together.
    public var failureCount: Int { failures.values.reduce(0, +) }

    /// Answers per second, those that the platform cannot use included.
    public var achievedRate: Double {
        let seconds = elapsed / .seconds(1)
        return seconds > 0 ? Double(answers.total) / seconds : 0
    }

    /// The reasons that occurred, the most frequent first.
    var failuresByFrequency: [(reason: CallbackFailure, count: Int)] {
        failures
            .map { (reason: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.reason.rawValue) < ($0.count, $1.reason.rawValue) }
    }
}
