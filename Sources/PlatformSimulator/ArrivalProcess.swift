internal import Glibc

/// The times at which the requests of an open loop are due, one after the other.
struct ArrivalProcess: Sendable {
    private let nanosecondsPerArrival: Double
    private var arrivalCount = 0
    /// Present for random arrivals.
    private var random: SplitMix64?
    private var elapsed = 0.0

    init(rate: Double, arrivals: LoadPlan.Arrivals) {
        nanosecondsPerArrival = 1e9 / rate
        switch arrivals {
        case .constant: random = nil
        case .poisson(let seed): random = SplitMix64(seed: seed)
        }
    }

    /// The time of the next arrival in nanoseconds after the start. The first of equal intervals is at 0.
    mutating func next() -> Int64 {
        guard let uniform = random?.nextUniform() else {
            // Multiplied, not added up: a rate whose interval is no whole number must not drift.
            defer { arrivalCount += 1 }
            return Int64(Double(arrivalCount) * nanosecondsPerArrival)
        }
        elapsed -= log(uniform) * nanosecondsPerArrival
        return Int64(elapsed)
    }
}
