/// What came of a load, as `needrecord push --output json` says it.
struct LoadResult: Decodable {
    /// In microseconds; nil when there was no answer.
    struct Latency: Decodable {
        let p50: Double?
        let p99: Double?
        let p999: Double?

        enum CodingKeys: String, CodingKey {
            case p50, p99
            case p999 = "p99_9"
        }
    }

    let answered: Int
    /// How many of the answers were to record; nil when the load has no such answers.
    let recorded: Int?
    let failed: Int
    let warmUp: Int
    let perSecond: Double
    let latency: Latency

    enum CodingKeys: String, CodingKey {
        case answered, failed
        case recorded = "record"
        case warmUp = "warm_up"
        case perSecond = "answered_per_second"
        case latency = "latency_us"
    }
}

extension LoadResult {
    /// What came of loads at the same time: all of it together, and the worst of their latencies.
    init(together results: [LoadResult]) {
        func worst(_ value: KeyPath<Latency, Double?>) -> Double? {
            results.compactMap { $0.latency[keyPath: value] }.max()
        }
        let recorded = results.compactMap(\.recorded)
        self.init(
            answered: results.reduce(0) { $0 + $1.answered },
            recorded: recorded.isEmpty ? nil : recorded.reduce(0, +),
            failed: results.reduce(0) { $0 + $1.failed },
            warmUp: results.reduce(0) { $0 + $1.warmUp },
            perSecond: results.reduce(0) { $0 + $1.perSecond },
            latency: Latency(p50: worst(\.p50), p99: worst(\.p99), p999: worst(\.p999))
        )
    }
}
