public import CoreMetrics

/// Instruments of swift-metrics for a described family, so that its name stands in one place.
extension MetricFamily {
    /// The instrument of one series of a histogram of seconds.
    public func timer(_ labels: [MetricLabel] = [], in factory: any MetricsFactory) -> Timer {
        Timer(label: name, dimensions: labels, preferredDisplayUnit: .seconds, factory: factory)
    }

    /// The instrument of one series of a histogram of anything else.
    public func recorder(_ labels: [MetricLabel] = [], in factory: any MetricsFactory) -> Recorder {
        Recorder(label: name, dimensions: labels, aggregate: true, factory: factory)
    }
}
