import Foundation
import TestSupport
import Testing

/// Everything that can befall an installation befalls it at random, and what was promised holds.
///
/// A run is repeated by its seed: the same faults are due at the same moments. What they meet is not the same, so a run
/// that failed once may pass with the same seed.
///
/// | variable | |
/// |---|---|
/// | `NEEDRECORD_CHAOS_RUNS` | how many runs, with seeds one after the other; 3 |
/// | `NEEDRECORD_CHAOS_SEED` | the first seed; one of a million at random |
/// | `NEEDRECORD_CHAOS_SECONDS` | for how long there are faults in each run; 8 |
/// | `NEEDRECORD_CHAOS_PACE` | `steady` for a fault every five seconds, otherwise one every 0.7 to 3 |
@Suite(.serialized)
struct ChaosTests {
    private static func setting(_ name: String) -> String? {
        ProcessInfo.processInfo.environment["NEEDRECORD_CHAOS_\(name)"]
    }

    @Test func `Whatever fails at random, every callback has one answer and one outcome`() async throws {
        let first = Self.setting("SEED").flatMap { UInt64($0) } ?? .random(in: 0...999_999)
        let runs = Self.setting("RUNS").flatMap { UInt64($0) } ?? 3
        let seconds = Self.setting("SECONDS").flatMap { Int64($0) } ?? 8
        let pace: FaultSchedule.Pace = Self.setting("PACE") == "steady" ? .steady : .dense
        for seed in first..<(first + runs) {
            let run = ChaosRun(seed: seed, duration: .seconds(seconds), pace: pace)
            print("chaos: \(run.label)")
            do {
                print("chaos: held, \(try await run())")
            } catch {
                // The others may tell more.
                Issue.record(error)
            }
        }
    }
}
