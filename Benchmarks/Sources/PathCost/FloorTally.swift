/// What was asked and what came back, as `needrecord push` counts it.
///
/// It reads no clock, so that whoever publishes and whoever hears of replies may share it behind a lock.
struct FloorTally {
    /// From when on events are measured, and when none is due any more.
    let measured: Range<ContinuousClock.Instant>
    /// When each event without a reply was due.
    private var waiting: [String: ContinuousClock.Instant] = [:]
    /// In microseconds, from when an event was due.
    private var latencies: [Double] = []
    private var warmUpCount = 0
    private var failedCount = 0
    private var lastReplyAt: ContinuousClock.Instant

    init(measured: Range<ContinuousClock.Instant>) {
        self.measured = measured
        lastReplyAt = measured.lowerBound
    }

    /// Whether every event has its reply.
    var isComplete: Bool { waiting.isEmpty }

    /// An event goes out.
    mutating func sent(_ id: String, due: ContinuousClock.Instant) {
        waiting[id] = due
        if due < measured.lowerBound { warmUpCount += 1 }
    }

    /// A reply came.
    mutating func received(_ id: String, at now: ContinuousClock.Instant) {
        guard let due = waiting.removeValue(forKey: id), due >= measured.lowerBound else { return }
        latencies.append(due.duration(to: now) / .microseconds(1))
        lastReplyAt = now
    }

    /// What is still waited for has failed. It took at least that long, and to leave it out would flatter.
    mutating func giveUp(at now: ContinuousClock.Instant) {
        for due in waiting.values where due >= measured.lowerBound {
            latencies.append(due.duration(to: now) / .microseconds(1))
            failedCount += 1
        }
        waiting = [:]
    }

    /// What a ``LoadResult`` is read from.
    var json: String {
        let answered = latencies.count - failedCount
        let elapsed = measured.lowerBound.duration(to: lastReplyAt) / .seconds(1)
        let sorted = latencies.sorted()
        func percentile(_ part: Double) -> String {
            sorted.isEmpty ? "null" : "\(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))])"
        }
        return """
            {"answered":\(answered),"failed":\(failedCount),"warm_up":\(warmUpCount),\
            "answered_per_second":\(answered > 0 ? Double(answered) / elapsed : 0),\
            "latency_us":{"p50":\(percentile(0.5)),"p99":\(percentile(0.99)),"p99_9":\(percentile(0.999))}}
            """
    }
}
