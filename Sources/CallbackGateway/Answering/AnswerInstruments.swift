internal import DecisionCore
internal import Metrics
public import Observability

/// Measures how long answers take, as a whole and step by step.
struct AnswerInstruments: Sendable {
    private let decided: Timer
    private let fallbacks: [FallbackCause: Timer]
    private let publish: Timer
    private let transit: Timer
    private let worker: Timer
    private let facts: Timer
    private let journal: Timer

    init(factory: any MetricsFactory) {
        func answer(_ cause: String) -> Timer { MetricFamily.answerDuration.timer([("cause", cause)], in: factory) }
        func step(_ name: String) -> Timer { MetricFamily.answerStepDuration.timer([("step", name)], in: factory) }
        decided = answer(Outcome.Cause.decided)
        fallbacks = Dictionary(uniqueKeysWithValues: FallbackCause.allCases.map { ($0, answer($0.rawValue)) })
        publish = step("publish")
        transit = step("transit")
        worker = step("worker")
        facts = step("facts")
        journal = step("journal")
    }

    /// An answer may leave.
    ///
    /// - Parameter total: How long after its callback was accepted.
    func answered(_ outcome: Outcome, after total: Duration) {
        switch outcome.cause {
        case .decision: decided.record(duration: total)
        case .fallback(let cause): fallbacks[cause]?.record(duration: total)
        }
        let times = outcome.times
        journal.record(duration: total - .microseconds(times.answered))
        if let published = times.published { publish.record(duration: .microseconds(published)) }
        guard let published = times.published, let replied = times.replied, let worker = times.worker else { return }
        // What is not the worker's is the broker's, with the waiting in its queue.
        transit.record(duration: .microseconds(max(0, replied - published - worker)))
        self.worker.record(duration: .microseconds(worker))
        if let facts = times.facts { self.facts.record(duration: .microseconds(facts)) }
    }
}

extension MetricFamily {
    /// Close together where an answer usually is, and around the budget and the platform's patience; in seconds.
    private static let answerBounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 4.25, 5,
    ]

    static let answerDuration = histogram(
        "needrecord_answer_duration_seconds",
        "From accepting a callback until its answer may leave, by what the answer rests on.",
        bounds: answerBounds
    )
    static let answerStepDuration = histogram(
        "needrecord_answer_step_duration_seconds",
        "Parts of it: until it is published, in the broker, at the worker, the worker's reading of facts, the journal.",
        bounds: answerBounds
    )

    /// What a gateway measures.
    public static let gateway = [answerDuration, answerStepDuration]
}
