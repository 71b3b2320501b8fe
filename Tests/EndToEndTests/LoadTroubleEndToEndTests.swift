import DecisionCore
import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// What is measured, and so needs the machine to itself.
@Suite(.serialized)
struct LoadTroubleEndToEndTests {
    @Test func `Without a worker, 500 callbacks at once are all answered at the budget`() async throws {
        try await Deployment.with(answerBudget: .seconds(1)) { deployment in
            try await deployment.recordEverything()
            let gateway = try await deployment.start(.gateway)
            // What a process does once, such as getting its memory, is not what is measured.
            try await Traffic(to: gateway, rate: nil, count: 500, connections: 500).end()
            let traffic = try await Traffic(to: gateway, rate: nil, count: 500, connections: 500)
            try await traffic.end()

            #expect(traffic.answers.count == 500)
            #expect(traffic.answers.allSatisfy { $0.status == 200 && $0.text == DocumentedAnswer.doNotRecord })
            let fastest = try #require(traffic.answers.lazy.map(\.elapsed).min())
            #expect(fastest >= .milliseconds(995))
            #expect(traffic.lateness(after: .seconds(1)) <= .milliseconds(100))
            let tally = try await gateway.settledCounters()
            #expect(tally.fallbacks == [.timeout: 1_000])
            #expect(tally.isConserved)
        }
    }

    @Test func `Memory does not grow with the number of callbacks`() async throws {
        // A gateway remembers ended questions for twice the budget: with a short one that memory is full soon.
        try await Deployment.with(answerBudget: .seconds(1)) { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            let traffic = try await Traffic(to: service, rate: nil, count: 40_000, connections: 64)
            try await traffic.waitForAnswers(20_000, within: .seconds(60))
            let before = try residentBytes(of: service)
            try await traffic.end()
            let growth = try residentBytes(of: service) - before

            #expect(traffic.count(.record) == 40_000)
            #expect(growth < 8_000_000, "\(growth) bytes more after \(before)")
        }
    }
}
