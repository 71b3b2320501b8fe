import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// SIGTERM, as every supervisor sends it: what was accepted is answered, and the exit code is 0.
struct ShutdownEndToEndTests {
    @Test(arguments: [Deployment.Role.serve, .gateway])
    func `Stopped under load, it answers every callback that it accepted`(role: Deployment.Role) async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            if role == .gateway { _ = try await deployment.start(.worker) }
            // At this level there is a line in the log for each callback that was accepted.
            let service = try await deployment.start(role, settings: ["NEEDRECORD_LOG_LEVEL": "debug"])

            let traffic = try await Traffic(to: service, rate: 300, connections: 100)
            try await traffic.waitForAnswers(300)
            let stopping = ContinuousClock.now
            #expect(try await service.stop() == 0)
            #expect(stopping.duration(to: .now) < deployment.answerBudget)
            try await eventually("the port to refuse") { traffic.failures[.refused] ?? 0 > 0 }
            try await traffic.stop()

            try await service.process.waitForText("needrecord: [needrecord] stopped")
            let accepted = service.process.text.matches(of: /event=([0-9a-f-]{36}).*\b(?:decided|answered the default)/)
                .map { String($0.1) }
            let answered = traffic.answers.compactMap(\.eventID)
            #expect(answered.count >= 300)
            #expect(Set(accepted).subtracting(answered).isEmpty)
            #expect(Set(answered).subtracting(accepted).isEmpty)
            #expect(Set(accepted).count == accepted.count)
            #expect(Set(answered).count == answered.count)
            #expect(traffic.answers.allSatisfy { $0.status == 200 })
        }
    }

    @Test func `Stopped while callbacks wait, a gateway answers them at the end of their budget`() async throws {
        try await Deployment.with(answerBudget: .seconds(2)) { deployment in
            let gateway = try await deployment.start(.gateway)
            // Each on a connection of its own, so that one which is lost cannot be asked again.
            let traffic = try await Traffic(to: gateway, rate: nil, count: 100, connections: 100)
            try await eventually("all to wait") { try await gateway.status().counters["replies.pending"] == 100 }
            let stopping = ContinuousClock.now
            #expect(try await gateway.stop() == 0)
            #expect(stopping.duration(to: .now) < deployment.answerBudget + .milliseconds(500))
            try await traffic.end()
            #expect(traffic.failures.isEmpty)
            #expect(traffic.count(.doNotRecord) == 100)
        }
    }

    @Test func `Stopped under load, one of two workers costs no decision`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let workers = [try await deployment.start(.worker), try await deployment.start(.worker)]
            let gateway = try await deployment.start(.gateway)

            let traffic = try await Traffic(to: gateway, rate: 300, count: 900, connections: 100)
            try await traffic.waitForAnswers(300)
            #expect(try await workers[0].stop() == 0)
            try await traffic.end()

            #expect(traffic.failures.isEmpty)
            #expect(traffic.count(.record) == 900)
            let tally = try await gateway.settledCounters()
            #expect(tally.recorded == 900)
            #expect(tally.isConserved)
        }
    }

    @Test(arguments: [Deployment.Role.serve, .gateway, .worker])
    func `Stopped before the servers were ever there, it ends all the same`(role: Deployment.Role) async throws {
        // Port 1 is reserved, and nothing listens there.
        let service = try ServiceProcess.start(
            [role.rawValue],
            environment: [
                "NEEDRECORD_AMQP_URL": "amqp://guest:guest@127.0.0.1:1/",
                "NEEDRECORD_DATABASE_URL": "postgresql://127.0.0.1:1/needrecord",
            ]
        )
        _ = try await service.opsPort()
        #expect(try await service.stop() == 0)
    }
}
