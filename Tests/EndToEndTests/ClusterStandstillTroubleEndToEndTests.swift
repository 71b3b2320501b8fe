import DecisionCore
import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// What a node that stands still, and the loss of the majority, do to the whole path. They take two minutes, and have been
/// seen to hold a few times only (docs/measurements.md), so `make chaos` runs them and `make test` does not.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ClusterStandstillTroubleEndToEndTests {
    @Test func `The node that leads the work queue stands still: decisions go on without it`() async throws {
        try await ClusterLoad.run("leader stopped") { load in
            let leader = try await load.workQueueLeader()
            let fault = ContinuousClock.now
            try await leader.whileFrozen {
                try await load.waitForDecisions()
                load.expectOutage(since: fault, shorterThan: .seconds(40))
                // It has missed more than one election.
                try await Task.sleep(until: max(.now, fault + .seconds(15)))
            }
            // The others have gone on without it, and it does not know: RabbitMQ wants it restarted.
            try await leader.restart()
            try await load.waitForDecisions()
        }
    }

    @Test func `Without a majority callbacks are answered, and decided again when there is one`() async throws {
        try await ClusterLoad.run("two of three killed") { load in
            for node in Cluster.nodes.dropLast() { try await node.kill() }
            try await load.waitForDefaults()
            try await Server.start([Cluster.nodes[0]])
            let start = ContinuousClock.now
            try await load.waitForDecisions()
            load.expectOutage(since: start, shorterThan: .seconds(30))
        }
    }
}
