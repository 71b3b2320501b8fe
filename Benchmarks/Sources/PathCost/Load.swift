/// How questions come.
enum Load: Hashable {
    /// So many askers, each of which asks again when it has its answer.
    case closed(Int)
    /// So many questions a second, whatever the answers do; independent of one another (Poisson) or at equal intervals.
    case open(Int, isPoisson: Bool)

    var name: String {
        switch self {
        case .closed(let askers): "\(askers) at once"
        case .open(let rate, let isPoisson): "\(rate) a second\(isPoisson ? ", Poisson" : "")"
        }
    }
}

/// What came of a load, as `needrecord push --output json` says it.
struct LoadResult: Decodable {
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
    let failed: Int
    let warmUp: Int
    let perSecond: Double
    let latency: Latency

    enum CodingKeys: String, CodingKey {
        case answered, failed
        case warmUp = "warm_up"
        case perSecond = "answered_per_second"
        case latency = "latency_us"
    }
}
