import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// Every process replaced, one after another, while callbacks come.
@Suite(.timeLimit(.minutes(3)))
struct RollingUpdateEndToEndTests {
    @Test func `Gateways, workers and auditors are replaced, and every callback gets its decision in time`()
        async throws
    {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let start = Date()
            let journals = [TemporaryDirectory(), TemporaryDirectory()]
            func gateway(_ number: Int) async throws -> ServiceProcess {
                try await deployment.start(
                    .gateway,
                    settings: [
                        "NEEDRECORD_GATEWAY_NAME": "gateway-\(number)",
                        "NEEDRECORD_JOURNAL_DIRECTORY": journals[number].path,
                        "NEEDRECORD_GATEWAY_DRAIN_DELAY": "3s",
                    ]
                )
            }
            var others: [(role: Deployment.Role, process: ServiceProcess)] = []
            for role in [Deployment.Role.worker, .worker, .auditor, .auditor] {
                others.append((role, try await deployment.start(role)))
            }
            let balancer = try await LoadBalancer(interval: .milliseconds(100))
            var gateways: [ServiceProcess] = []
            for number in 0..<2 {
                gateways.append(try await gateway(number))
                try await balancer.put(gateways[number], as: "gateway-\(number)")
            }

            let traffic = Traffic(to: try balancer.target, rate: 500, connections: 64)
            try await traffic.waitForAnswers(500)
            for number in 0..<2 {
                #expect(try await gateways[number].stop() == 0)
                gateways[number] = try await gateway(number)
                try await balancer.put(gateways[number], as: "gateway-\(number)")
                try await traffic.waitForAnswers(500)
            }
            for (role, process) in others {
                #expect(try await process.stop() == 0)
                _ = try await deployment.start(role)
                try await traffic.waitForAnswers(500)
            }
            try await traffic.stop()

            // What was under way when the traffic stopped has no answer; everything else has a decision.
            #expect(Set(traffic.failures.keys).isSubset(of: [.cancelled]), "\(traffic.failures)")
            #expect(traffic.answers.count >= 3_500)
            #expect(traffic.answers.allSatisfy { $0.status == 200 && $0.verdict == .record })
            #expect(traffic.slowest < deployment.answerBudget)
            try await deployment.settle(traffic.answers)
            try await deployment.expectConservation([traffic])
            #expect(try await deployment.outcomes().allSatisfy { $0.cause == "decided" })
            for gateway in gateways { #expect(try await gateway.stop() == 0) }
            try await deployment.expectVerified(since: start)
        }
    }
}
