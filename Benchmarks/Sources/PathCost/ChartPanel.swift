import Measuring

/// One plot of a chart: a line for each of its curves.
struct ChartPanel {
    struct Line {
        /// The class that gives it its colour.
        let style: String
        let points: [(rate: Double, milliseconds: Double)]
    }

    let title: String
    let lines: [Line]
    let rates: LinearAxis
    let latencies: LogarithmicAxis

    static let width = 264.0
    static let height = 220.0

    /// The plot, with its upper left corner at this place.
    func svg(x: Double, y: Double) -> String {
        let middle = fixed(Self.width / 2, 1)
        let minor = latencies.minorTicks.map { horizontal($0) }.joined()
        var elements = ["<g transform=\"translate(\(fixed(x, 1)) \(fixed(y, 1)))\">"]
        elements.append("<text class=\"title\" x=\"\(middle)\" y=\"-12\" text-anchor=\"middle\">\(title)</text>")
        elements.append("<path class=\"minor\" d=\"\(minor)\"/>")
        elements.append("<path class=\"grid\" d=\"\(grid)\"/>")
        elements.append("<path class=\"axis\" d=\"M0 0V\(fixed(Self.height, 1))H\(fixed(Self.width, 1))\"/>")
        elements += latencyTexts + rateTexts
        elements += lines.map { drawing(of: $0) }
        elements.append("</g>")
        return elements.joined(separator: "\n")
    }

    private var grid: String {
        let across = latencies.ticks.map { horizontal($0.value) }
        let down = rates.ticks.map { "M\(fixed(left(of: $0), 1)) 0V\(fixed(Self.height, 1))" }
        return (across + down).joined()
    }

    private var latencyTexts: [String] {
        latencies.ticks.map { tick in
            "<text x=\"-6\" y=\"\(fixed(top(of: tick.value) + 4, 1))\" text-anchor=\"end\">\(tick.text)</text>"
        }
    }

    private var rateTexts: [String] {
        let y = fixed(Self.height + 17, 1)
        return rates.ticks.map { tick in
            "<text x=\"\(fixed(left(of: tick), 1))\" y=\"\(y)\" text-anchor=\"middle\">\(fixed(tick, 0))</text>"
        }
    }

    private func drawing(of line: Line) -> String {
        let places = line.points.map { (x: fixed(left(of: $0.rate), 1), y: fixed(top(of: $0.milliseconds), 1)) }
        let corners = places.map { "\($0.x),\($0.y)" }.joined(separator: " ")
        let circles = places.map { "<circle cx=\"\($0.x)\" cy=\"\($0.y)\" r=\"3\"/>" }.joined()
        return "<g class=\"\(line.style)\"><polyline points=\"\(corners)\"/>\(circles)</g>"
    }

    private func horizontal(_ milliseconds: Double) -> String {
        "M0 \(fixed(top(of: milliseconds), 1))H\(fixed(Self.width, 1))"
    }

    private func left(of rate: Double) -> Double {
        rates.position(of: rate) * Self.width
    }

    private func top(of milliseconds: Double) -> Double {
        (1 - latencies.position(of: milliseconds)) * Self.height
    }
}
