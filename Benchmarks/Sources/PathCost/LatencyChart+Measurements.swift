import Measuring

extension LatencyChart {
    /// The medians of the rounds, of the loads with a constant rate and of those who were asked with them.
    init(_ measurements: Measurements, contenders: [String], loads: [Load]) {
        self.init(
            curves: contenders.compactMap { contender in
                let points = loads.compactMap { load -> Point? in
                    guard case .open(let rate, isPoisson: false) = load else { return nil }
                    let samples = measurements.samples(of: contender, with: load)
                    return samples.isEmpty ? nil : Point(rate: Double(rate), samples)
                }
                return points.isEmpty ? nil : Curve(name: contender, points: points.sorted { $0.rate < $1.rate })
            }
        )
    }
}

extension LatencyChart.Point {
    fileprivate init(rate: Double, _ samples: [Sample]) {
        func middle(_ value: KeyPath<LoadResult.Latency, Double?>) -> Double? {
            let values = samples.milliseconds(value)
            return values.isEmpty ? nil : median(of: values)
        }
        self.init(rate: rate, p50: middle(\.p50), p99: middle(\.p99), p999: middle(\.p999))
    }
}
