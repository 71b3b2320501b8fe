import Measuring

/// The steps of a series, and how they compare with the first one.
struct GrowthTable {
    struct Row {
        let name: String
        let samples: [Sample]
        /// Resident memory in bytes, by part.
        let memory: [Part<Int>]
    }

    let series: GrowthSeries
    let rows: [Row]
    /// How long each measurement took.
    let seconds: Int

    var text: String {
        var lines = ["## \(series.title)", "", series.explanation, ""]
        lines.append("| | answers a second | times the first step (min to max) | p50 ms | p99 ms | defaults | failed |")
        lines.append("|---|---|---|---|---|---|---|")
        lines += rows.map { speed(of: $0) }
        lines += ["", "CPU µs for an answer, and resident memory; that of several processes together:", ""]
        let processes = rows[0].memory.map { "\($0.name) MB" }
        let columns = rows[0].samples.costs.map(\.name) + ["together"] + processes
        lines.append("| |" + columns.map { " \($0) |" }.joined())
        lines.append("|---|" + columns.map { _ in "---|" }.joined())
        lines += rows.map { costs(of: $0) }
        return lines.joined(separator: "\n")
    }

    private func speed(of row: Row) -> String {
        let results = row.samples.map(\.result)
        let answered = results.reduce(0) { $0 + $1.answered }
        let recorded = results.reduce(0) { $0 + ($1.recorded ?? 0) }
        let failed = results.reduce(0) { $0 + $1.failed }
        let defaults = answered > 0 ? fixed(100 * Double(answered - recorded) / Double(answered), 1) + " %" : ""
        return "| \(row.name) | \(median(results.map { perSecond($0) }, 0)) | \(ratio(of: row)) "
            + "| \(latency(row, \.p50)) | \(latency(row, \.p99)) | \(defaults) | \(failed) |"
    }

    /// In a closed loop each answer is followed by the next question, so as many are asked in a time as are answered in
    /// it. The time until the last answer would be too long: after the end, many connections only wait for theirs.
    private func perSecond(_ result: LoadResult) -> Double {
        Double(result.answered) / Double(seconds)
    }

    private func ratio(of row: Row) -> String {
        let ratios = zip(row.samples, rows[0].samples)
            .filter { $1.result.answered > 0 }
            .map { Double($0.result.answered) / Double($1.result.answered) }
            .sorted()
        guard let least = ratios.first, let most = ratios.last else { return "" }
        return "\(median(ratios, 2)) (\(fixed(least, 2)) to \(fixed(most, 2)))"
    }

    private func latency(_ row: Row, _ value: KeyPath<LoadResult.Latency, Double?>) -> String {
        let values = row.samples.milliseconds(value)
        return values.isEmpty ? "" : median(values, 2)
    }

    private func costs(of row: Row) -> String {
        var cells = [row.name]
        cells += row.samples.costs.map { median($0.value, 0) }
        cells.append(median(row.samples.wholeCosts, 0))
        cells += row.memory.map { "\($0.value >> 20)" }
        return "|" + cells.map { " \($0) |" }.joined()
    }
}
