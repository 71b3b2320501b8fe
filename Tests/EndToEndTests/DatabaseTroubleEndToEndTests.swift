import DecisionCore
import PlatformSimulator
import TestSupport
import Testing

/// What the database does to the whole path, under load.
@Suite(.serialized)
struct DatabaseTroubleEndToEndTests {
    @Test func `Without a database callbacks are answered at once, and decided again when it is back`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let worker = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)
            let traffic = try await Traffic(to: gateway, rate: 100, connections: 600)
            try await traffic.waitFor(.record, more: 100)

            try await Server.postgres.whileStopped {
                // Callbacks wait for as long as the grace period lasts.
                try await traffic.waitFor(.doNotRecord)
                try await eventually("answers at once") {
                    let answer = try await gateway.ask(.example)
                    return answer.text == DocumentedAnswer.doNotRecord && answer.elapsed < .milliseconds(500)
                }
                try await traffic.waitFor(.doNotRecord, more: 100)
                #expect(try await worker.status().parts["business_state"] == "unavailable")
            }
            try await traffic.waitFor(.record, more: 100)
            #expect(try await worker.status().parts["business_state"] == "ok")
            try await traffic.stop()

            try await expectAnswers(traffic, gateway, deployment, causes: [.stateUnavailable])
        }
    }

    @Test func `A database that restarts within the grace period costs no decision`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)
            let traffic = try await Traffic(to: gateway, rate: 100, connections: 600)
            try await traffic.waitFor(.record, more: 100)
            try await Server.postgres.restart()
            try await traffic.waitFor(.record, more: 300)
            try await traffic.stop()

            try await expectAnswers(traffic, gateway, deployment, causes: [])
        }
    }

    @Test func `A database that stands still costs no callback its answer`() async throws {
        try await Deployment.with(answerBudget: .seconds(1)) { deployment in
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)
            // So few that the gateway lets all of them wait, however slow it has become.
            let traffic = try await Traffic(to: gateway, rate: 15, connections: 100)
            try await traffic.waitFor(.record, more: 20)
            try await Server.postgres.whileFrozen { try await traffic.waitFor(.doNotRecord, more: 15) }
            try await traffic.waitFor(.record, more: 20)
            try await traffic.stop()

            try await expectAnswers(traffic, gateway, deployment, causes: [.timeout, .stateUnavailable])
        }
    }
}
