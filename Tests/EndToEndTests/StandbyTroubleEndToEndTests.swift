import DecisionCore
import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// What the loss of the primary database does to the whole path, under load.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct StandbyTroubleEndToEndTests {
    @Test func `The primary is killed and its standby promoted: workers and auditor find it, nothing is lost`()
        async throws
    {
        try await ReplicatedDatabase.with { database in
            let start = Date()
            try await Deployment.with(databaseServer: database.url) { deployment in
                try await deployment.recordEverything()
                let worker = try await deployment.start(.worker)
                let auditor = try await deployment.start(.auditor)
                let gateway = try await deployment.start(.gateway)
                let traffic = try await Traffic(to: gateway, rate: 80, connections: 500)
                try await traffic.waitFor(.record, more: 160)

                let killed = ContinuousClock.now
                try await database.failOver()
                let promoted = ContinuousClock.now
                try await traffic.waitForAll(.record, count: 160)
                let outage = Outage([traffic], since: killed)
                print("standby: promoted \(killed.duration(to: promoted)) after the fault; \(outage)")
                #expect(outage.duration < killed.duration(to: promoted) + .seconds(2))

                try await auditor.waitUntilReady()
                try await worker.waitUntilReady()
                try await traffic.stop()
                try await expectAnswers(traffic, gateway, deployment, causes: [.stateUnavailable, .timeout])
                try await deployment.settle(traffic.answers)
                #expect(try await gateway.stop() == 0)
                try await deployment.expectConservation([traffic])
                try await deployment.expectVerified(since: start)
            }
        }
    }
}
