import Foundation
import Measuring

/// How many times the answers a second of the floor the product has, by the names of the loads.
///
/// A ratio, because what makes the machine slower makes both slower.
struct GateFigures: Codable {
    let date: String
    let machine: String
    let ratios: [String: Double]

    /// What is left of a ratio when nothing is wrong: a measurement is never the same twice.
    static let tolerance = 0.8
}

extension GateFigures {
    /// Reads the figures that were recorded.
    ///
    /// - Throws: ``BenchmarkError`` when there are none.
    init(contentsOf file: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw BenchmarkError("\(file) has no figures to compare with; --record makes them. \(error)")
        }
    }

    /// Replaces what was recorded.
    func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: file))
    }

    /// A sentence for each load that has fallen too far below what was recorded.
    ///
    /// - Throws: ``BenchmarkError`` when nothing was recorded for a load.
    func failures(against recorded: GateFigures) throws -> [String] {
        try ratios.sorted { $0.key < $1.key }.compactMap { load, ratio -> String? in
            guard let before = recorded.ratios[load] else {
                throw BenchmarkError("nothing was recorded for \(load); --record makes new figures")
            }
            guard ratio < Self.tolerance * before else { return nil }
            let limit = "\(fixed(Self.tolerance, 1)) times the \(fixed(before, 3)) of \(recorded.date)"
            return
                "\(load): needrecord has \(fixed(ratio, 3)) times the answers a second of the floor, less than \(limit)"
        }
    }
}
