import Foundation

/// Measures everything in turn, in rounds, so that whatever else the machine does meets all alike.
struct Rounds {
    let count: Int
    let seconds: Int
    let meter: Meter

    func measure(_ contenders: [any Contender], _ loads: [Load]) async throws -> Measurements {
        var measurements = Measurements()
        for round in 0...count {
            for load in loads {
                // There and back, so that nobody always comes after the same one.
                for contender in round.isMultiple(of: 2) ? contenders : contenders.reversed() {
                    guard let sample = try await measure(contender, load) else { continue }
                    // The first round only warms up.
                    if round > 0 {
                        measurements.add(sample, of: contender.name, with: load)
                    } else {
                        measurements.addWarmUp(sample, of: contender.name, with: load)
                    }
                }
            }
            printError("round \(round) of \(count)")
        }
        return measurements
    }

    private func measure(_ contender: any Contender, _ load: Load) async throws -> Sample? {
        let commands = contender.commands(for: load, seconds: seconds)
        guard !commands.isEmpty else { return nil }
        let before = meter.costs(of: contender.processes)
        let outputs = try Child.runTogether(commands)
        // What is left to do after the answers, such as bringing them to the database, counts as well, and not for the
        // next one.
        try await Task.sleep(for: .milliseconds(700))
        let after = meter.costs(of: contender.processes)
        let result = LoadResult(together: try outputs.map { try Self.result($0, of: contender, with: load) })
        let count = Double(max(1, result.answered + result.warmUp))
        return Sample(
            result: result,
            costs: zip(before, after).map { Part(name: $0.name, value: ($1.value - $0.value) / count) },
            memory: meter.memory(of: contender.processes)
        )
    }

    private static func result(_ output: Data, of contender: any Contender, with load: Load) throws -> LoadResult {
        do {
            return try JSONDecoder().decode(LoadResult.self, from: output)
        } catch {
            let text = String(decoding: output, as: UTF8.self)
            throw BenchmarkError("the load on \(contender.name), \(load.name), ended without a result: '\(text)'")
        }
    }
}
