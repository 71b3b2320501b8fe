import ArgumentParser
import Foundation

/// Measures all contenders with all loads.
struct Comparison: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measure the product, a floor and a simple peer in turn, and print a table."
    )

    @OptionGroup var options: BenchmarkOptions

    @Option(help: "How often each measurement is repeated.")
    var rounds = 7

    @Option(help: "How long one measurement takes.")
    var seconds = 4

    @Option(help: ArgumentHelp("Numbers of askers that ask again when they have their answer.", valueName: "n,n"))
    var closed = NumberList([1, 64, 256])

    @Option(help: ArgumentHelp("Questions a second, whatever the answers do.", valueName: "n,n"))
    var open = NumberList([500, 1_000, 2_000, 4_000])

    @Option(help: ArgumentHelp("Draw the latencies at constant rates in this file, as SVG.", valueName: "file"))
    var curves: String?

    @OptionGroup var report: ReportOptions

    func validate() throws {
        guard rounds > 0, seconds > 0 else { throw ValidationError("--rounds and --seconds must be at least 1") }
        guard (closed.numbers + open.numbers).allSatisfy({ $0 > 0 }) else {
            throw ValidationError("the numbers of --closed and --open must be at least 1")
        }
        if curves != nil, open.numbers.isEmpty { throw ValidationError("--curves needs rates: --open") }
    }

    private var loads: [Load] {
        closed.numbers.map { .closed($0) }
            + open.numbers.flatMap { [.open($0, isPoisson: false), .open($0, isPoisson: true)] }
    }

    func run() async throws {
        let surroundings = try options.surroundings()
        var contenders: [any Contender] = []
        defer { for process in contenders.flatMap(\.processes) { process.stop() } }
        contenders.append(try await NeedRecordContender(surroundings))
        let simple = try await SimpleContender(surroundings)
        contenders.append(simple)
        contenders.append(try FloorContender(surroundings))
        contenders.append(SelectContender(surroundings, of: simple))
        let turns = Rounds(count: rounds, seconds: seconds, meter: options.meter)
        let measurements = try await turns.measure(contenders, loads)
        let names = contenders.map(\.name)
        var picture = ""
        if let curves {
            let chart = LatencyChart(measurements, contenders: names, loads: loads)
            try Data(chart.svg.utf8).write(to: URL(fileURLWithPath: curves))
            picture = "![Latency over the questions a second, at constant rates](\(report.link(to: curves)))\n\n"
        }
        let tables = PathReport(contenders: names, loads: loads, measurements: measurements)
        let text = heading + picture + tables.text(rounds: rounds, seconds: seconds)
        print(text)
        try report.save(text)
        try surroundings.removeDirectory()
    }

    private var heading: String {
        let command = ["deploy/local/bench", "path", "--rounds", "\(rounds)", "--seconds", "\(seconds)"]
        let loads = ["--closed", "\(closed)", "--open", "\(open)"]
        let outputs = (curves.map { ["--curves", $0] } ?? []) + report.arguments
        return """
            # Benchmarks

            \(options.circumstances)

                \((command + loads + outputs).joined(separator: " "))

            **needrecord** is a gateway, a worker and an auditor with everything on: events in the callbacks stream,
            outcomes in the journal before the answer and in PostgreSQL after it. **simple** is the path as it would be
            written in an afternoon: a task and a timer for each request, a SELECT and an acknowledgement for each
            message, and nothing kept. **floor** is request and reply through the same broker and the same queues with
            nothing else. The load is `needrecord push`; the floor, which has no HTTP, is asked at the same moments by a
            program that counts as it does. **SELECT** is a row that is read by its key.


            """
    }
}
