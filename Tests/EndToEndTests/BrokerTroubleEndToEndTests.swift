import DecisionCore
import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// What the broker does to the whole path, under load.
@Suite(.serialized)
struct BrokerTroubleEndToEndTests {
    @Test func `Without a broker callbacks are answered at once, and decided again when it is back`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let worker = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)
            let traffic = try await Traffic(to: gateway, rate: 100, connections: 600)
            try await traffic.waitFor(.record, more: 100)

            try await Server.rabbitmq.whileStopped {
                try await eventually("the end of the grace period") {
                    try await gateway.status().parts["broker"] == FallbackCause.brokerUnavailable.rawValue
                }
                let (probe, start) = (StallProbe(), ContinuousClock.now)
                let answer = try await gateway.ask(.example)
                #expect(answer.text == DocumentedAnswer.doNotRecord)
                #expect(answer.elapsed - probe.stalled(from: start, to: .now) < .milliseconds(100))
                try await traffic.waitFor(.doNotRecord, more: 100)
            }
            try await gateway.waitUntilReady()
            try await worker.waitUntilReady()
            try await traffic.waitFor(.record, more: 100)
            try await traffic.stop()

            try await expectAnswers(traffic, gateway, deployment, causes: [.brokerUnavailable, .timeout])
        }
    }

    @Test func `Connections that the broker closes cost no decision`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)
            let traffic = try await Traffic(to: gateway, rate: 100, connections: 600)
            try await traffic.waitFor(.record, more: 100)
            try await ProductBroker.control("close_all_connections", "--global", "maintenance")
            try await gateway.process.waitForText("lost the broker")
            try await traffic.waitFor(.record, more: 300)
            try await traffic.stop()

            try await expectAnswers(traffic, gateway, deployment, causes: [])
        }
    }

    @Test func `A broker that stands still costs no callback its answer`() async throws {
        try await Deployment.with(answerBudget: .seconds(1)) { deployment in
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)
            let traffic = try await Traffic(to: gateway, rate: 100, connections: 300)
            try await traffic.waitFor(.record, more: 100)
            try await Server.rabbitmq.whileFrozen { try await Task.sleep(for: .seconds(2)) }
            try await traffic.waitFor(.record, more: 100)
            try await traffic.stop()

            #expect(traffic.count(.doNotRecord) >= 50)
            try await expectAnswers(traffic, gateway, deployment, causes: [.timeout])
        }
    }

    @Test func `While the broker is short of memory, callbacks are answered at once`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)
            let traffic = try await Traffic(to: gateway, rate: 100, connections: 600)
            try await traffic.waitFor(.record, more: 100)
            try await ProductBroker.whileShortOfMemory {
                try await eventually("the alarm") {
                    try await gateway.status().parts["broker"] == FallbackCause.brokerBlocked.rawValue
                }
                let (probe, start) = (StallProbe(), ContinuousClock.now)
                let answer = try await gateway.ask(.example)
                #expect(answer.text == DocumentedAnswer.doNotRecord)
                #expect(answer.elapsed - probe.stalled(from: start, to: .now) < .milliseconds(100))
            }
            try await gateway.waitUntilReady()
            try await traffic.waitFor(.record, more: 100)
            try await traffic.stop()

            try await expectAnswers(traffic, gateway, deployment, causes: [.brokerBlocked, .timeout])
        }
    }
}
