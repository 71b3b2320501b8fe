import Measuring

/// How latency grows with the load: a panel for each percentile, with a line for each contender.
///
/// It is an SVG that needs nothing beside itself, and has colours for a light and for a dark page.
struct LatencyChart {
    /// What was measured at a rate.
    struct Point {
        /// Questions a second.
        let rate: Double
        /// In milliseconds; nil when nothing was answered.
        let p50: Double?
        let p99: Double?
        let p999: Double?
    }

    struct Curve {
        let name: String
        /// By their rate.
        let points: [Point]
    }

    let curves: [Curve]

    /// The picture.
    var svg: String {
        let percentiles: [(title: String, value: KeyPath<Point, Double?>)] = [
            ("p50", \.p50), ("p99", \.p99), ("p99.9", \.p999),
        ]
        let points = curves.flatMap(\.points)
        let rates = LinearAxis(upTo: points.map(\.rate).max() ?? 1)
        // One for all panels, so that they can be compared.
        let latencies = LogarithmicAxis(
            for: points.flatMap { [$0.p50, $0.p99, $0.p999] }.compactMap { Self.drawable($0) }
        )
        var elements = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 340" role="img" aria-labelledby="title">
            <title id="title">Latency over the questions a second: p50, p99 and p99.9</title>
            \(Self.styleSheet)
            <text transform="translate(16 150) rotate(-90)" text-anchor="middle">milliseconds</text>
            """
        ]
        for (index, percentile) in percentiles.enumerated() {
            let panel = ChartPanel(
                title: percentile.title,
                lines: curves.enumerated().map { number, curve in
                    ChartPanel.Line(style: Self.styleName(of: number), points: Self.points(of: curve, percentile.value))
                },
                rates: rates,
                latencies: latencies
            )
            let x = 62 + Double(index) * 308
            elements.append(panel.svg(x: x, y: 40))
            let middle = fixed(x + ChartPanel.width / 2, 1)
            elements.append("<text x=\"\(middle)\" y=\"297\" text-anchor=\"middle\">questions a second</text>")
        }
        elements += curves.enumerated().map { number, curve in legend(curve, number) }
        return (elements + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private func legend(_ curve: Curve, _ number: Int) -> String {
        let x = 480 + (Double(number) - Double(curves.count) / 2) * 130
        return """
            <g class="\(Self.styleName(of: number))" transform="translate(\(fixed(x, 1)) 324)">\
            <polyline points="0,-4 28,-4"/><circle cx="14" cy="-4" r="3"/>\
            <text x="36">\(Self.escaped(curve.name))</text></g>
            """
    }

    private static func points(
        of curve: Curve,
        _ value: KeyPath<Point, Double?>
    ) -> [(rate: Double, milliseconds: Double)] {
        curve.points.compactMap { point in
            drawable(point[keyPath: value]).map { (rate: point.rate, milliseconds: $0) }
        }
    }

    /// What has a place on a logarithmic axis.
    private static func drawable(_ milliseconds: Double?) -> Double? {
        milliseconds.flatMap { $0 > 0 ? $0 : nil }
    }

    private static func styleName(of number: Int) -> String {
        "curve\(number % 3)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }

    /// The curves differ by their dashes, too, for whoever does not see their colours.
    private static let styleSheet = """
        <style>
        text { font: 12px system-ui, sans-serif; fill: #57606a }
        .title { font-weight: 600; fill: #24292f }
        path { fill: none }
        .axis { stroke: #6e7781 }
        .grid { stroke: #d0d7de }
        .minor { stroke: #eaeef2 }
        polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round }
        circle { fill: currentColor }
        .curve0 { color: #0969da }
        .curve1 { color: #bc4c00 }
        .curve2 { color: #1a7f37 }
        .curve1 polyline { stroke-dasharray: 7 4 }
        .curve2 polyline { stroke-dasharray: 2 4 }
        @media (prefers-color-scheme: dark) {
        text { fill: #8d96a0 }
        .title { fill: #e6edf3 }
        .axis { stroke: #8d96a0 }
        .grid { stroke: #30363d }
        .minor { stroke: #21262d }
        .curve0 { color: #58a6ff }
        .curve1 { color: #f0883e }
        .curve2 { color: #56d364 }
        }
        </style>
        """
}
