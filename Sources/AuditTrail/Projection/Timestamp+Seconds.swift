internal import DecisionCore

extension Timestamp {
    /// The point this many seconds after the Unix epoch; within ``Notice/timeRange``.
    init(secondsSinceEpoch seconds: Int64) {
        self.init(millisecondsSinceEpoch: seconds * 1_000)
    }
}
