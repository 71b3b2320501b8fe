import PlatformSimulator
import TestSupport
import Testing

/// Gateways and workers as processes of their own, several of each.
struct ScaleOutEndToEndTests {
    @Test func `Two gateways share two workers, and every callback is decided`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let workers = [try await deployment.start(.worker), try await deployment.start(.worker)]
            let gateways = [try await deployment.start(.gateway), try await deployment.start(.gateway)]

            var traffic: [Traffic] = []
            for gateway in gateways {
                traffic.append(try await Traffic(to: gateway, rate: 200, count: 300, connections: 50))
            }
            for (traffic, gateway) in zip(traffic, gateways) {
                try await traffic.end()
                #expect(traffic.answers.count == 300)
                #expect(traffic.answers.allSatisfy { $0.text == DocumentedAnswer.record })
                let tally = try await gateway.settledCounters()
                #expect(tally.recorded == 300)
                #expect(tally.isConserved)
            }
            var decided: [Int] = []
            // A batch is counted when its replies are on their way.
            try await eventually("every decision to be counted") {
                decided = []
                for worker in workers { decided.append(try await worker.status().counters["events.decided"] ?? 0) }
                return decided.reduce(0, +) == 600
            }
            // The broker hands events to its consumers in turn.
            #expect(decided.allSatisfy { $0 > 0 }, "\(decided)")
        }
    }

    @Test func `The question that the platform repeats gets the same answer from every gateway`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            let gateways = [try await deployment.start(.gateway), try await deployment.start(.gateway)]
            var answers: [CallbackAnswer] = []
            for attempt in 0..<6 { answers.append(try await gateways[attempt % 2].ask(.example)) }
            #expect(Set(answers.map(\.text)) == [DocumentedAnswer.record])
            // The platform gives no id, so each attempt is an event of its own.
            #expect(Set(answers.compactMap(\.eventID)).count == 6)
        }
    }
}
