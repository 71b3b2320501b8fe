internal import Metrics
public import Observability

/// Measures batches, and what is left of the budgets of the events in them.
struct WorkerInstruments: Sendable {
    private let size: Recorder
    private let remaining: Timer
    private let batch: Timer
    private let facts: Timer

    init(factory: any MetricsFactory) {
        size = MetricFamily.batchEvents.recorder(in: factory)
        remaining = MetricFamily.remainingBudget.timer(in: factory)
        batch = MetricFamily.batchDuration.timer([("step", "whole")], in: factory)
        facts = MetricFamily.batchDuration.timer([("step", "facts")], in: factory)
    }

    /// A batch was taken.
    ///
    /// - Parameters:
    ///   - late: How many of its events are too late.
    ///   - remaining: What is left of the budget of each other one.
    func took(_ count: Int, late: Int, remaining: some Sequence<Duration>) {
        size.record(count)
        for duration in remaining { self.remaining.record(duration: duration) }
        for _ in 0..<late { self.remaining.record(duration: .zero) }
    }

    /// The facts of a batch were read, or could not be.
    func read(in duration: Duration) { facts.record(duration: duration) }

    /// A batch is done.
    func finished(in duration: Duration) { batch.record(duration: duration) }
}

extension MetricFamily {
    static let batchEvents = histogram(
        "needrecord_batch_events",
        "Events in a batch of a worker.",
        bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096]
    )
    static let remainingBudget = histogram(
        "needrecord_event_remaining_budget_seconds",
        "What is left of the answer budget of an event when a worker takes it; zero when it is too late.",
        bounds: [0, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 3.75, 3.9, 3.95, 3.99, 4]
    )
    static let batchDuration = histogram(
        "needrecord_batch_duration_seconds",
        "From taking a batch until its replies are handed to the broker, and the part that reading its facts takes.",
        bounds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4]
    )

    /// What a worker measures.
    public static let worker = [batchEvents, remainingBudget, batchDuration]
}
