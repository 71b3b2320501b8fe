import Measuring

/// What one decision cost, in microseconds.
struct Cost {
    /// From the question to the decision, the batch's time shared among its events.
    var wall: Double
    /// CPU time of the connection's server process.
    var backend: Double
    /// CPU time of this process.
    var client: Double
    /// How many rules were found for a decision: the same work, whatever the number of rules.
    var rules: Double
    /// How long the streams' names were, for the same reason.
    var characters: Double
}

/// The medians, and how they compare with the fewest rules.
struct Report {
    struct Key: Hashable {
        let size: String
        let batch: Int
    }

    let text: String
    /// The largest ratio of CPU time to that with the fewest rules.
    let worstRatio: Double

    init(_ costs: [Key: [Cost]]) {
        var lines = [
            "| rules | batch | rules found | name | wall µs | CPU µs, PostgreSQL | CPU µs, client "
                + "| CPU, times 10 rules (min to max of rounds) |",
            "|---|---|---|---|---|---|---|---|",
        ]
        var worst = 1.0
        for batch in [1, 64, 256] {
            guard let base = costs[Key(size: RuleCount.all[0].name, batch: batch)] else { continue }
            for size in RuleCount.all {
                guard let these = costs[Key(size: size.name, batch: batch)] else { continue }
                // Of each round by itself: what disturbs a round disturbs both.
                let ratios = zip(these, base).map { ($0.backend + $0.client) / ($1.backend + $1.client) }.sorted()
                let ratio = ratios[ratios.count / 2]
                worst = max(worst, ratio)
                let spread = "\(fixed(ratios[0], 2)) to \(fixed(ratios[ratios.count - 1], 2))"
                lines.append(
                    "| \(size.name) | \(batch) | \(median(these.map(\.rules), 2)) | \(median(these.map(\.characters))) "
                        + "| \(median(these.map(\.wall))) | \(median(these.map(\.backend))) "
                        + "| \(median(these.map(\.client))) | \(fixed(ratio, 2)) (\(spread)) |"
                )
            }
        }
        text = lines.joined(separator: "\n")
        worstRatio = worst
    }
}
