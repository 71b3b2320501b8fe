import DecisionCore
import FoundationEssentials

/// The system's civil clock.
enum CivilClock {
    static func now() -> Timestamp {
        Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
    }
}
