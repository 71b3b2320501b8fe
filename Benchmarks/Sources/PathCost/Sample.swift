/// One measurement.
struct Sample {
    let result: LoadResult
    /// CPU time for an answer in microseconds, by part.
    let costs: [Part<Double>]
    /// Resident memory afterwards in bytes, by part.
    let memory: [Part<Int>]
}

/// What a part of the path takes, such as all gateways together.
struct Part<Value> {
    let name: String
    var value: Value
}

extension Array {
    /// Each name once, with the sum of its values, in the order in which they come first.
    func together<Value: AdditiveArithmetic>() -> [Part<Value>] where Element == Part<Value> {
        var sums: [Part<Value>] = []
        for part in self {
            if let index = sums.firstIndex(where: { $0.name == part.name }) {
                sums[index].value += part.value
            } else {
                sums.append(part)
            }
        }
        return sums
    }
}

extension [Sample] {
    /// A latency in milliseconds, of those that had answers.
    func milliseconds(_ value: KeyPath<LoadResult.Latency, Double?>) -> [Double] {
        compactMap { $0.result.latency[keyPath: value] }.map { $0 / 1_000 }
    }

    /// The CPU time for an answer, by part.
    var costs: [Part<[Double]>] {
        guard let first else { return [] }
        return first.costs.indices.map { index in
            Part(name: first.costs[index].name, value: map { $0.costs[index].value })
        }
    }

    /// The CPU time for an answer, of all parts.
    var wholeCosts: [Double] { map { $0.costs.reduce(0) { $0 + $1.value } } }
}
