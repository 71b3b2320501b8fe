import ArgumentParser
import Foundation
import Measuring

/// Fails when the product has become slower, measured by the floor.
struct Gate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Fail when the product answers less, beside the floor, than when that was recorded.",
        discussion: """
            Both are asked in turn, in closed loop. What is compared is the median of the rounds' ratios of answers a \
            second. Exit code 1 when it is below \(fixed(GateFigures.tolerance, 1)) times the one that was recorded.
            """
    )

    @OptionGroup var options: BenchmarkOptions

    @Option(help: "How often each measurement is repeated.")
    var rounds = 7

    @Option(help: "How long one measurement takes.")
    var seconds = 3

    @Option(help: ArgumentHelp("The figures that were recorded.", valueName: "file"))
    var figures = "Benchmarks/gate.json"

    @Flag(help: "Record the figures anew instead of comparing with them.")
    var record = false

    private static let loads = [Load.closed(64), .closed(256)]

    func validate() throws {
        guard rounds > 0, seconds > 0 else { throw ValidationError("--rounds and --seconds must be at least 1") }
    }

    func run() async throws {
        // Before it is measured for minutes: there may be none.
        let recorded = try record ? nil : GateFigures(contentsOf: figures)
        let measured = try await measure()
        guard let recorded else {
            try measured.write(to: figures)
            return
        }
        print("recorded on \(recorded.date): \(recorded.machine)")
        let failures = try measured.failures(against: recorded)
        for failure in failures { printError(failure) }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    private func measure() async throws -> GateFigures {
        let surroundings = try options.surroundings()
        var contenders: [any Contender] = []
        defer { for process in contenders.flatMap(\.processes) { process.stop() } }
        let product = try await NeedRecordContender(surroundings)
        contenders.append(product)
        let floor = try FloorContender(surroundings)
        contenders.append(floor)
        let turns = Rounds(count: rounds, seconds: seconds, meter: options.meter)
        let measurements = try await turns.measure(contenders, Self.loads)
        var ratios: [String: Double] = [:]
        for load in Self.loads {
            let ofRounds = measurements.ratios(of: product.name, to: floor.name, with: load)
            guard let least = ofRounds.first, let most = ofRounds.last else {
                throw BenchmarkError("the floor did not answer")
            }
            // Three digits are more than is exact.
            ratios[load.name] = (median(of: ofRounds) * 1_000).rounded() / 1_000
            let spread = "\(fixed(least, 3)) to \(fixed(most, 3))"
            print("\(load.name): \(median(ofRounds, 3)) times the answers a second of the floor (\(spread))")
        }
        try surroundings.removeDirectory()
        return GateFigures(date: today(), machine: Machine.description, ratios: ratios)
    }
}
