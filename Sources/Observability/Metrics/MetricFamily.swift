/// A metric, with all its series: one for each combination of the values of its labels.
///
/// Names follow Prometheus: base units, the unit at the end, `_total` at the end of a counter.
public struct MetricFamily: Sendable, Hashable {
    /// How its values behave.
    public enum Kind: String, Sendable {
        /// Only goes up, from zero at the start of the process.
        case counter
        /// Goes up and down.
        case gauge
        /// How many values were at most how large.
        case histogram
    }

    /// The name, which is also the label of its swift-metrics instruments.
    public let name: String
    /// How its values behave.
    public let kind: Kind
    /// What it counts, in one sentence.
    public let help: String
    /// The upper bounds of a histogram's buckets, ascending, without the infinite one; none for other kinds.
    public let bounds: [Double]

    /// A number that only goes up.
    public static func counter(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily(name: name, kind: .counter, help: help, bounds: [])
    }

    /// A number that goes up and down.
    public static func gauge(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily(name: name, kind: .gauge, help: help, bounds: [])
    }

    /// A distribution.
    ///
    /// - Parameter bounds: The upper bounds of its buckets, ascending, without the infinite one.
    public static func histogram(_ name: String, _ help: String, bounds: [Double]) -> MetricFamily {
        MetricFamily(name: name, kind: .histogram, help: help, bounds: bounds)
    }

    /// What nobody has described: the label of an instrument, with what a name may not have replaced.
    static func undescribed(_ label: String, _ kind: Kind) -> MetricFamily {
        var name = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        if name.first?.isNumber ?? true { name = "_" + name }
        return MetricFamily(name: name, kind: kind, help: "", bounds: kind == .histogram ? defaultBounds : [])
    }

    /// From a hundredth of a second to ten, in seconds.
    private static let defaultBounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
}

/// A label of a series with its value.
public typealias MetricLabel = (name: String, value: String)
