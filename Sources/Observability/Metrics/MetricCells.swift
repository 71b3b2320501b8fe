internal import CoreMetrics
internal import NIOConcurrencyHelpers

/// The number behind a counter or a gauge.
final class NumberCell: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    // Exact for whole numbers up to 2^53.
    private let number = NIOLockedValueBox(0.0)

    var value: Double { number.withLockedValue { $0 } }

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { number.withLockedValue { $0 += amount } }
    func decrement(by amount: Double) { number.withLockedValue { $0 -= amount } }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { number.withLockedValue { $0 = value } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func reset() { set(0.0) }
}

/// The buckets behind a histogram. What a timer measures becomes seconds.
final class HistogramCell: RecorderHandler, TimerHandler {
    /// The buckets at one moment.
    struct Snapshot: Sendable {
        /// For each bound, and at last for the infinite one, how many values were at most that large and larger than the
        /// bound before.
        var counts: [Int]
        var sum = 0.0
    }

    let bounds: [Double]
    private let state: NIOLockedValueBox<Snapshot>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = NIOLockedValueBox(Snapshot(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    var snapshot: Snapshot { state.withLockedValue { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // It would make the sum useless for ever.
        guard value.isFinite else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLockedValue { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
