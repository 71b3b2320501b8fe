import Foundation

/// When the events of an open loop are due: at the same moments as those of `needrecord push` with its first seed.
struct Arrivals {
    private let nanosecondsPerArrival: Double
    private let isPoisson: Bool
    private var count = 0
    private var elapsed = 0.0
    /// The state of Steele, Lea and Flood's SplitMix64.
    private var random: UInt64 = 1

    /// - Parameters:
    ///   - rate: Events a second.
    ///   - isPoisson: Whether they are independent of one another, instead of at equal intervals.
    init(rate: Int, isPoisson: Bool) {
        nanosecondsPerArrival = 1e9 / Double(rate)
        self.isPoisson = isPoisson
    }

    /// The next one, counted from the beginning.
    mutating func next() -> Duration {
        if isPoisson {
            elapsed -= log(nextUniform()) * nanosecondsPerArrival
        } else {
            // Multiplied, not added up: a rate whose interval is no whole number must not drift.
            elapsed = Double(count) * nanosecondsPerArrival
            count += 1
        }
        return .nanoseconds(Int64(elapsed))
    }

    /// A number above 0 and up to 1, so that it has a logarithm.
    private mutating func nextUniform() -> Double {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double((mixed >> 11) + 1) * 0x1p-53
    }
}
