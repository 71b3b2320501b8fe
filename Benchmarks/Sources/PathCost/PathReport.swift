import Measuring

/// One measurement.
struct Sample {
    let result: LoadResult
    /// CPU time for an answer, by part.
    let costs: [(name: String, microseconds: Double)]
    /// Resident memory afterwards, by process.
    let memory: [(name: String, bytes: Int)]
}

/// The medians of all rounds, and how they compare.
struct PathReport {
    private struct Key: Hashable {
        let contender: String
        let load: Load
    }

    private let contenders: [String]
    private let loads: [Load]
    private var samples: [Key: [Sample]] = [:]

    /// - Parameter contenders: Those that are compared; the first one with each of the others.
    init(contenders: [String], loads: [Load]) {
        self.contenders = contenders
        self.loads = loads
    }

    mutating func add(_ sample: Sample, of contender: String, with load: Load) {
        samples[Key(contender: contender, load: load), default: []].append(sample)
    }

    func text(rounds: Int, seconds: Int) -> String {
        var lines = [
            "Medians of \(rounds) rounds of \(seconds) s, all in turn. Latency counts from when an answer was due.", "",
            "| load | | answers a second | p50 ms | p99 ms | p99.9 ms | failed |", "|---|---|---|---|---|---|---|",
        ]
        each { load, contender, samples in
            let results = samples.map(\.result)
            lines.append(
                "| \(load.name) | \(contender) | \(median(results.map(\.perSecond), 0)) "
                    + "| \(milliseconds(results, \.p50)) | \(milliseconds(results, \.p99)) | \(milliseconds(results, \.p999)) "
                    + "| \(results.reduce(0) { $0 + $1.failed }) |"
            )
        }
        lines += ["", "CPU µs for an answer:", "", "| load | | by part | together |", "|---|---|---|---|"]
        each { load, contender, samples in
            let parts = samples[0].costs.indices.map { index in
                (name: samples[0].costs[index].name, values: samples.map { $0.costs[index].microseconds })
            }
            let together = samples.map { $0.costs.reduce(0) { $0 + $1.microseconds } }
            lines.append(
                "| \(load.name) | \(contender) | "
                    + parts.map { "\($0.name) \(median($0.values, 0))" }.joined(separator: ", ")
                    + " | \(median(together, 0)) |"
            )
        }
        lines += [
            "", "\(contenders[0]) beside the others, median of the rounds' ratios of answers a second (min to max):",
            "",
        ]
        for load in loads {
            guard case .closed = load else { continue }
            let ratios = contenders.dropFirst().compactMap { ratio(to: $0, load) }
            lines.append("- \(load.name): " + ratios.joined(separator: ", "))
        }
        lines += ["", "Resident memory after the last round, MB:", ""]
        for contender in contenders {
            guard let last = loads.lazy.compactMap({ samples[Key(contender: contender, load: $0)]?.last }).last else {
                continue
            }
            let sizes = last.memory.map { "\($0.name) \($0.bytes >> 20)" }
            lines.append("- \(contender): " + sizes.joined(separator: ", "))
        }
        return lines.joined(separator: "\n")
    }

    private func each(_ body: (Load, String, [Sample]) -> Void) {
        for load in loads {
            for contender in contenders {
                if let samples = samples[Key(contender: contender, load: load)] { body(load, contender, samples) }
            }
        }
    }

    private func ratio(to other: String, _ load: Load) -> String? {
        guard let these = samples[Key(contender: contenders[0], load: load)],
            let those = samples[Key(contender: other, load: load)]
        else { return nil }
        // Of each round by itself: what disturbs a round disturbs both.
        let ratios = zip(these, those).map { $0.result.perSecond / $1.result.perSecond }.sorted()
        return "\(median(ratios, 2)) times \(other) (\(fixed(ratios[0], 2)) to \(fixed(ratios[ratios.count - 1], 2)))"
    }

    private func milliseconds(_ results: [LoadResult], _ value: KeyPath<LoadResult.Latency, Double?>) -> String {
        let values = results.compactMap { $0.latency[keyPath: value] }
        return values.isEmpty ? "" : median(values.map { $0 / 1_000 }, 2)
    }
}
