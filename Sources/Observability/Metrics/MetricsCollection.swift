/// What a collector reads when it is asked: values that are kept somewhere anyway.
public struct MetricsCollection: Sendable {
    struct Series: Sendable {
        let labels: String
        let value: Double
    }

    private(set) var series: [MetricFamily: [Series]] = [:]

    init() {}

    /// Adds a series.
    ///
    /// - Parameters:
    ///   - family: A counter or a gauge.
    ///   - value: What it is now.
    ///   - labels: Of few values each: every combination is a series for as long as the process lives.
    public mutating func add(_ family: MetricFamily, _ value: Double, _ labels: [MetricLabel] = []) {
        series[family, default: []].append(Series(labels: ExpositionWriter.text(of: labels), value: value))
    }

    /// Adds a series.
    public mutating func add(_ family: MetricFamily, _ value: Int, _ labels: [MetricLabel] = []) {
        add(family, Double(value), labels)
    }
}
