import Foundation

/// An axis from 0 on.
struct LinearAxis {
    /// Where a number stands beside it: equal steps from 0 to its end.
    let ticks: [Double]

    /// - Parameter largest: What it has to reach.
    init(upTo largest: Double) {
        let decade = pow(10, floor(log10(max(1, largest))))
        let step = [0.2, 0.5, 1].map { $0 * decade }.first { largest <= 5 * $0 } ?? 2 * decade
        let count = max(1, Int((largest / step).rounded(.up)))
        ticks = (0...count).map { Double($0) * step }
    }

    /// Where a value is: 0 at the beginning, 1 at the end.
    func position(of value: Double) -> Double {
        value / ticks[ticks.count - 1]
    }
}

/// An axis on which each power of ten takes the same length.
struct LogarithmicAxis {
    private let exponents: ClosedRange<Int>

    /// - Parameter values: What it has to reach, above 0.
    init(for values: [Double]) {
        let logarithms = values.map { log10($0) }
        let first = Int((logarithms.min() ?? 0).rounded(.down))
        exponents = first...max(first + 1, Int((logarithms.max() ?? 0).rounded(.up)))
    }

    /// The powers of ten, with what is written beside them.
    var ticks: [(value: Double, text: String)] {
        exponents.map { exponent -> (value: Double, text: String) in
            let zeros = String(repeating: "0", count: exponent < 0 ? -exponent - 1 : exponent)
            return (value: pow(10, Double(exponent)), text: exponent < 0 ? "0.\(zeros)1" : "1\(zeros)")
        }
    }

    /// The multiples of the powers of ten between them.
    var minorTicks: [Double] {
        exponents.dropLast().flatMap { exponent in (2...9).map { Double($0) * pow(10, Double(exponent)) } }
    }

    /// Where a value is: 0 at the beginning, 1 at the end.
    func position(of value: Double) -> Double {
        (log10(value) - Double(exponents.lowerBound)) / Double(exponents.count - 1)
    }
}
