import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// Whatever is killed whenever, the audit trail adds up afterwards.
///
/// `NEEDRECORD_CHAOS_SECONDS` says for how long there is load, and `NEEDRECORD_CHAOS_SEED` repeats a run: the kills come
/// at the same moments. What they meet is not the same, so a run that failed once may pass with the same seed.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct ChaosTroubleEndToEndTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment["NEEDRECORD_CHAOS_\(name)"].flatMap { UInt64($0) }
    }

    @Test func `A schedule of faults follows from its seed, and has everything die`() {
        let schedule = FaultSchedule(seed: 1, duration: .seconds(20))
        #expect(schedule == FaultSchedule(seed: 1, duration: .seconds(20)))
        #expect(schedule != FaultSchedule(seed: 2, duration: .seconds(20)))
        #expect(schedule.faults.count == FaultSchedule.Victim.allCases.count)
        for faults in schedule.faults.values {
            #expect(faults.map(\.due) == faults.map(\.due).sorted())
            #expect(faults.allSatisfy { $0.due < .seconds(20) })
        }
    }

    @Test func `Everything is killed at random moments under load, and verify finds that it adds up`() async throws {
        let seed = Self.setting("SEED") ?? .random(in: 0...999_999)
        let duration = Duration.seconds(Int64(Self.setting("SECONDS") ?? 20))
        let label = "NEEDRECORD_CHAOS_SEED=\(seed) NEEDRECORD_CHAOS_SECONDS=\(duration.components.seconds)"
        print("chaos: \(label)")
        do {
            try await Deployment.with { deployment in
                try await run(FaultSchedule(seed: seed, duration: duration), on: deployment, label: label)
            }
        } catch {
            throw TestFailure("\(error); \(label)")
        }
    }

    private func run(_ schedule: FaultSchedule, on deployment: Deployment, label: String) async throws {
        let start = Date()
        try await deployment.recordEverything()
        let installation = try await FaultInjection(deployment)
        var traffics: [Traffic] = []
        for gateway in installation.gateways {
            traffics.append(try await Traffic(to: gateway, rate: 75, connections: 350))
        }
        for traffic in traffics { try await traffic.waitFor(.record, more: 20) }

        try await installation.run(schedule)
        // Each gateway is heard of again, so that nothing of the run before it can be in its journal any more.
        for traffic in traffics { try await traffic.waitFor(.record, more: 50, within: .seconds(60)) }
        for traffic in traffics { try await traffic.stop() }

        let answers = traffics.flatMap(\.answers)
        let story = "\(label): killed \(installation.story)"
        try await deployment.settle(answers, within: .seconds(120))
        for gateway in installation.gateways {
            try await eventually("an empty journal", within: .seconds(60)) {
                try await gateway.status().counters["journal.waiting"] == 0
            }
            // It tells of the minute that is running.
            #expect(try await gateway.stop() == 0, "\(story): \(gateway.process.text)")
        }
        try await deployment.expectConservation(traffics, story)
        let counts = try await deployment.expectVerified(since: start, story)
        let causes = Dictionary(grouping: try await deployment.outcomes(), by: \.cause).mapValues(\.count)
        let failures = traffics.flatMap(\.failures).map { "\($0.key) \($0.value)" }
        print(
            """
            chaos: \(story); \(answers.count) answers, outcomes by cause \(causes), without an answer \(failures), \
            verify \(counts.filter { $0.value > 0 })
            """
        )
    }
}
