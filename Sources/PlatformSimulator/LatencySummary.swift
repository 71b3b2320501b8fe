internal import Histogram

/// How long answers took, in microseconds, each value exact to three digits.
public struct LatencySummary: Sendable, Hashable {
    /// How many requests the summary is about.
    public let count: Int
    /// The arithmetic mean.
    public let mean: Int
    /// The median.
    public let p50: Int
    /// What 90 % of the requests did not exceed.
    public let p90: Int
    /// What 99 % of the requests did not exceed.
    public let p99: Int
    /// What 99.9 % of the requests did not exceed.
    public let p999: Int
    /// The longest.
    public let max: Int

    init(_ histogram: Histogram<UInt64>) {
        count = Int(histogram.totalCount)
        guard count > 0 else {
            (mean, p50, p90, p99, p999, max) = (0, 0, 0, 0, 0, 0)
            return
        }
        mean = Int(histogram.mean.rounded())
        p50 = Int(histogram.valueAtPercentile(50))
        p90 = Int(histogram.valueAtPercentile(90))
        p99 = Int(histogram.valueAtPercentile(99))
        p999 = Int(histogram.valueAtPercentile(99.9))
        max = Int(histogram.max)
    }
}
