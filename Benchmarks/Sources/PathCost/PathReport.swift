import Measuring

/// The medians of all rounds, and how they compare.
struct PathReport {
    /// Those that are compared; the first one with each of the others.
    let contenders: [String]
    let loads: [Load]
    let measurements: Measurements

    func text(rounds: Int, seconds: Int) -> String {
        var lines = [
            "Medians of \(rounds) rounds of \(seconds) s, all in turn. Latency counts from when an answer was due.", "",
            "| load | | answers a second | p50 ms | p99 ms | p99.9 ms | failed |", "|---|---|---|---|---|---|---|",
        ]
        each { load, contender, samples in
            let results = samples.map(\.result)
            lines.append(
                "| \(load.name) | \(contender) | \(median(results.map(\.perSecond), 0)) "
                    + "| \(latency(samples, \.p50)) | \(latency(samples, \.p99)) | \(latency(samples, \.p999)) "
                    + "| \(results.reduce(0) { $0 + $1.failed }) |"
            )
        }
        lines += ["", "CPU µs for an answer:", "", "| load | | by part | together |", "|---|---|---|---|"]
        each { load, contender, samples in
            // What has no processes of its own is asked by one that is gone when its time could be read.
            guard !samples[0].memory.isEmpty else { return }
            lines.append(
                "| \(load.name) | \(contender) | "
                    + samples.costs.map { "\($0.name) \(median($0.value, 0))" }.joined(separator: ", ")
                    + " | \(median(samples.wholeCosts, 0)) |"
            )
        }
        lines += [
            "", "\(contenders[0]) beside the others, median of the rounds' ratios of answers a second (min to max):",
            "",
        ]
        for load in loads {
            guard case .closed = load else { continue }
            let ratios = contenders.dropFirst().filter { $0 != "SELECT" }.compactMap { ratio(to: $0, load) }
            lines.append("- \(load.name): " + ratios.joined(separator: ", "))
        }
        if let ratio = ratioToFloorAndSelect { lines += ["", ratio] }
        lines += ["", "Resident memory after the last round, MB:", ""]
        for contender in contenders {
            guard let last = loads.last.map({ measurements.samples(of: contender, with: $0) })?.last,
                !last.memory.isEmpty
            else { continue }
            let sizes = last.memory.map { "\($0.name) \($0.value >> 20)" }
            lines.append("- \(contender): " + sizes.joined(separator: ", "))
        }
        return lines.joined(separator: "\n")
    }

    private func each(_ body: (Load, String, [Sample]) -> Void) {
        for load in loads {
            for contender in contenders {
                let samples = measurements.samples(of: contender, with: load)
                if !samples.isEmpty { body(load, contender, samples) }
            }
        }
    }

    private func ratio(to other: String, _ load: Load) -> String? {
        let ratios = measurements.ratios(of: contenders[0], to: other, with: load)
        guard let least = ratios.first, let most = ratios.last else { return nil }
        return "\(median(ratios, 2)) times \(other) (\(fixed(least, 2)) to \(fixed(most, 2)))"
    }

    /// One question has to go through the broker and back, and the database has to be asked once: that is as fast as it
    /// can be.
    private var ratioToFloorAndSelect: String? {
        func p50(_ contender: String) -> [Double] {
            measurements.samples(of: contender, with: .closed(1)).milliseconds(\.p50)
        }
        let least = zip(p50("floor"), p50("SELECT")).map { $0 + $1 }
        let ratios = zip(p50(contenders[0]), least).map { $0 / $1 }.sorted()
        guard let smallest = ratios.first, let largest = ratios.last else { return nil }
        return """
            One at a time, the median latency of \(contenders[0]) is \(median(ratios, 2)) times that of floor and SELECT \
            together (\(fixed(smallest, 2)) to \(fixed(largest, 2))).
            """
    }

    private func latency(_ samples: [Sample], _ value: KeyPath<LoadResult.Latency, Double?>) -> String {
        let values = samples.milliseconds(value)
        return values.isEmpty ? "" : median(values, 2)
    }
}
