import AMQP
import Foundation
import PlatformSimulator
import TestSupport
import Testing
import Wire

/// Workers that die without a word.
struct WorkerLossEndToEndTests {
    @Test func `A worker killed under load costs no decision`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let workers = [try await deployment.start(.worker), try await deployment.start(.worker)]
            let gateway = try await deployment.start(.gateway)

            let traffic = try await Traffic(to: gateway, rate: 300, count: 1_500, connections: 300)
            try await traffic.waitForAnswers(500)
            workers[0].process.signal(SIGKILL)
            try await traffic.end()

            try await expectDecisions(1_500, traffic, gateway, deployment)
        }
    }

    @Test func `What a worker had in its hands when it was killed is decided by another`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let victim = try await deployment.start(.worker, settings: ["NEEDRECORD_WORKER_PREFETCH": "100"])
            let gateway = try await deployment.start(.gateway)

            // Stopped, it still takes as many events as its prefetch allows, but answers none.
            victim.process.signal(SIGSTOP)
            try await ChildProcess.waitUntilStopped(victim.process.processID)
            let traffic = try await Traffic(to: gateway, rate: nil, count: 100, connections: 100)
            try await eventually("all to wait") { try await gateway.status().counters["replies.pending"] == 100 }
            try await ProductBroker.withConnection { connection in
                let channel = try await connection.openChannel()
                let queue = AMQPQueue(name: deployment.topology.decisionsQueue)
                try await eventually("all to be handed out") {
                    try await channel.declareQueue(queue, passive: true).messageCount == 0
                }
            }
            let other = try await deployment.start(.worker)
            // The queue is first in, first out: what came before this one is in the hands of the first worker.
            #expect(try await gateway.ask(.example).text == DocumentedAnswer.record)
            #expect(try await gateway.status().counters["replies.pending"] == 100)
            victim.process.signal(SIGKILL)
            try await traffic.end()

            #expect(traffic.count(.record) == 100)
            #expect(try await gateway.settledCounters().recorded == 101)
            try await eventually("the last batch to be counted") {
                try await other.status().counters["events.decided"] == 101
            }
            #expect(try await other.status().counters["events.redelivered"] == 100)
        }
    }

    @Test func `While no worker is left, callbacks wait for the next one`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let worker = try await deployment.start(.worker)
            let gateway = try await deployment.start(.gateway)

            let traffic = try await Traffic(to: gateway, rate: 100, count: 300, connections: 300)
            try await traffic.waitForAnswers(100)
            worker.process.signal(SIGKILL)
            try await worker.process.wait()
            _ = try await deployment.start(.worker)
            try await traffic.end()

            try await expectDecisions(300, traffic, gateway, deployment)
        }
    }

    private func expectDecisions(
        _ count: Int,
        _ traffic: Traffic,
        _ gateway: ServiceProcess,
        _ deployment: Deployment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let tally = try await gateway.settledCounters()
        #expect(traffic.failures.isEmpty, sourceLocation: sourceLocation)
        #expect(traffic.count(.record) == count, "\(tally)", sourceLocation: sourceLocation)
        #expect(traffic.slowest < deployment.answerBudget, sourceLocation: sourceLocation)
        #expect(tally.received == count, sourceLocation: sourceLocation)
        #expect(tally.isConserved, "\(tally)", sourceLocation: sourceLocation)
    }
}
