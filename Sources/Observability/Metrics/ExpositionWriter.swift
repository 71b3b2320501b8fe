/// Writes metrics as Prometheus reads them.
///
/// Source: "Text-based format", version 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/.
struct ExpositionWriter {
    /// The type of what is written, in HTTP.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Begins a family; its series follow.
    mutating func begin(_ family: MetricFamily) {
        if !family.help.isEmpty { text += "# HELP \(family.name) \(Self.escaped(family.help, quote: false))\n" }
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
    }

    mutating func write(_ name: String, _ labels: String, _ value: Double) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(Self.text(of: value))\n"
    }

    mutating func write(_ name: String, _ labels: String, _ snapshot: HistogramCell.Snapshot, bounds: [Double]) {
        var count = 0
        for (bound, more) in zip(bounds + [.infinity], snapshot.counts) {
            count += more
            let limit = "le=\"\(Self.text(of: bound))\""
            write("\(name)_bucket", labels.isEmpty ? limit : "\(labels),\(limit)", Double(count))
        }
        write("\(name)_sum", labels, snapshot.sum)
        write("\(name)_count", labels, Double(count))
    }

    /// Labels as they stand between braces.
    static func text(of labels: [MetricLabel]) -> String {
        labels.map { "\($0.name)=\"\(escaped($0.value, quote: true))\"" }.joined(separator: ",")
    }

    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? String(value)
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var result = String.UnicodeScalarView()
        // A letter may be made of several, of which one has to be escaped.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\".unicodeScalars
            case "\n": result += "\\n".unicodeScalars
            case "\"" where quote: result += "\\\"".unicodeScalars
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
