public import CoreMetrics
internal import NIOConcurrencyHelpers

/// All metrics of a process, and a backend of swift-metrics for those who measure.
///
/// What is kept somewhere anyway is read by a collector when somebody asks; what has to be measured on the way goes
/// through swift-metrics. A family that is not described is shown all the same, under the label of its instrument.
public final class MetricsRegistry: MetricsFactory, Sendable {
    /// Reads values that are kept elsewhere.
    public typealias Collector = @Sendable (inout MetricsCollection) -> Void

    private enum Cell: Sendable {
        case number(NumberCell)
        case histogram(HistogramCell)
    }

    private struct State: Sendable {
        /// By name, for what was described and what has an instrument.
        var families: [String: MetricFamily] = [:]
        /// By the name of the family, then by the text of the labels.
        var cells: [String: [String: Cell]] = [:]
        var collectors: [Collector] = []
    }

    private let state: NIOLockedValueBox<State>

    /// The type of ``exposition()``, in HTTP.
    public static let contentType = ExpositionWriter.contentType

    /// - Parameter families: What instruments measure: kind, help and buckets by the instrument's label.
    public init(families: [MetricFamily] = []) {
        let byName = Dictionary(families.map { ($0.name, $0) }) { first, _ in first }
        state = NIOLockedValueBox(State(families: byName))
    }

    /// Adds a collector, which is asked every time.
    public func collect(_ collector: @escaping Collector) {
        state.withLockedValue { $0.collectors.append(collector) }
    }

    /// Everything that is known now, as Prometheus reads it; families and series in the order of their names.
    public func exposition() -> String {
        let (families, cells, collectors) = state.withLockedValue { ($0.families, $0.cells, $0.collectors) }
        var collection = MetricsCollection()
        for collector in collectors { collector(&collection) }
        var collected: [String: (family: MetricFamily, series: [MetricsCollection.Series])] = [:]
        for (family, series) in collection.series { collected[family.name] = (family, series) }

        var writer = ExpositionWriter()
        for name in Set(cells.keys).union(collected.keys).sorted() {
            guard let family = collected[name]?.family ?? families[name] else { continue }
            writer.begin(family)
            for series in (collected[name]?.series ?? []).sorted(by: { $0.labels < $1.labels }) {
                writer.write(name, series.labels, series.value)
            }
            for (labels, cell) in (cells[name] ?? [:]).sorted(by: { $0.key < $1.key }) {
                switch cell {
                case .number(let cell): writer.write(name, labels, cell.value)
                case .histogram(let cell): writer.write(name, labels, cell.snapshot, bounds: cell.bounds)
                }
            }
        }
        return writer.text
    }

    // MARK: - MetricsFactory

    /// The number behind a counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        number(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
    }

    /// The number behind a counter.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        number(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
    }

    /// The number behind a gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        number(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
    }

    /// The buckets behind a histogram, or the number behind a gauge.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return histogram(label, dimensions) ?? NOOPMetricsHandler.instance }
        return number(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
    }

    /// The buckets behind a histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// Nothing happens: a series that comes and goes would read as a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Nothing happens: a series that comes and goes would read as a restart.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Nothing happens: a series that comes and goes would read as a restart.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Nothing happens: a series that comes and goes would read as a restart.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Nothing happens: a series that comes and goes would read as a restart.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func number(_ label: String, _ labels: [MetricLabel], _ kind: MetricFamily.Kind) -> NumberCell? {
        guard case .number(let cell) = cell(label, labels, kind, make: { _ in .number(NumberCell()) }) else {
            return nil
        }
        return cell
    }

    private func histogram(_ label: String, _ labels: [MetricLabel]) -> HistogramCell? {
        let cell = cell(label, labels, .histogram) { .histogram(HistogramCell(bounds: $0.bounds)) }
        guard case .histogram(let cell) = cell else { return nil }
        return cell
    }

    /// The cell of a series, which all its instruments share; nil when the name has another kind already, because a
    /// reader takes one kind for a name.
    private func cell(
        _ label: String,
        _ labels: [MetricLabel],
        _ kind: MetricFamily.Kind,
        make: (MetricFamily) -> Cell
    ) -> Cell? {
        state.withLockedValue { state in
            let undescribed = MetricFamily.undescribed(label, kind)
            let family = state.families[label] ?? state.families[undescribed.name] ?? undescribed
            guard family.kind == kind else { return nil }
            state.families[family.name] = family
            let series = ExpositionWriter.text(of: labels)
            if let cell = state.cells[family.name]?[series] { return cell }
            let cell = make(family)
            state.cells[family.name, default: [:]][series] = cell
            return cell
        }
    }
}
