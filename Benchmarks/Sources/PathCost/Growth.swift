import ArgumentParser

/// Measures what a decision costs as more of everything is there.
struct Growth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Measure the product with more gateways, workers, rules, connections and outcomes, and print tables.",
        discussion: """
            The load is `needrecord push` in closed loop. The series audit fills a database with tens of millions of \
            outcomes, which takes a while and tens of gigabytes: it is measured only when it is asked for.
            """
    )

    @OptionGroup var options: BenchmarkOptions

    @Option(help: "What grows; may be repeated.")
    var series: [GrowthSeries] = [.gateways, .workers, .rules, .connections]

    @Option(help: ArgumentHelp("The steps of the series audit, in outcomes.", valueName: "n,n"))
    var auditRows = NumberList([0, 10_000_000, 50_000_000])

    @Option(help: "How often each measurement is repeated.")
    var rounds = 3

    @Option(help: "How long one measurement takes.")
    var seconds = 4

    @OptionGroup var report: ReportOptions

    func validate() throws {
        guard rounds > 0, seconds > 0 else { throw ValidationError("--rounds and --seconds must be at least 1") }
        let steps = auditRows.numbers
        guard !steps.isEmpty, steps.allSatisfy({ $0 >= 0 }), steps == steps.sorted() else {
            throw ValidationError("\(auditRows) does not grow")
        }
    }

    func run() async throws {
        let steps = GrowthSteps(
            surroundings: try options.surroundings(),
            rounds: Rounds(count: rounds, seconds: seconds, meter: options.meter),
            auditRows: auditRows.numbers
        )
        var text = heading
        print(text)
        // Each table as soon as it is there: they take long, and the next series may fail.
        for kind in series {
            let table = try await steps.table(of: kind).text
            print("\n" + table)
            text += "\n\n" + table
            try report.save(text)
        }
        try steps.surroundings.removeDirectory()
    }

    private var heading: String {
        let command = ["deploy/local/bench", "growth", "--rounds", "\(rounds)", "--seconds", "\(seconds)"]
        let choices = series.flatMap { ["--series", $0.rawValue] }
        let audit = series.contains(.audit) ? ["--audit-rows", "\(auditRows)"] : []
        return """
            # What a decision costs as things grow

            \(options.circumstances)

                \((command + choices + audit + report.arguments).joined(separator: " "))

            An installation is gateways, workers and an auditor with everything on, asked by `needrecord push` in
            closed loop. Medians of \(rounds) rounds of \(seconds) s after one that warms up. The steps of a series are
            measured in turn, except those of the audit trail. All processes share the machine, so what one takes the
            others lack. Defaults are answers without a decision: a gateway lets only as many callbacks wait as can be
            decided in time.
            """
    }
}
