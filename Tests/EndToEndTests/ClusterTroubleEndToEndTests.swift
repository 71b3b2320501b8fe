import DecisionCore
import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// What the loss of nodes of a RabbitMQ cluster does to the whole path, under load, with the replicated work queue.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ClusterTroubleEndToEndTests {
    @Test func `The node that leads the work queue is killed: decisions go on without it`() async throws {
        try await ClusterLoad.run("leader killed") { load in
            let leader = try await load.workQueueLeader()
            let fault = ContinuousClock.now
            try await leader.kill()
            try await load.waitForDecisions()
            load.expectOutage(since: fault, shorterThan: .seconds(10))
        }
    }

    @Test func `All nodes are restarted, one after the other`() async throws {
        try await ClusterLoad.run("all restarted") { load in
            let start = ContinuousClock.now
            for node in Cluster.nodes {
                try await node.restart()
                try await Cluster.waitUntilInSync()
            }
            try await load.waitForDecisions()
            load.expectOutage(since: start, shorterThan: .seconds(60))
        }
    }
}
