import DecisionCore
import Foundation
import PlatformSimulator
import TestSupport
import Testing
import Wire

/// Two gateways, two workers and an auditor on the cluster, under load while nodes of it are lost.
struct ClusterLoad {
    private let deployment: Deployment
    private let auditor: ServiceProcess
    private let gateways: [ServiceProcess]
    private let traffics: [Traffic]
    private let story: String

    private init(_ deployment: Deployment, story: String) async throws {
        self.deployment = deployment
        self.story = story
        try await deployment.recordEverything()
        for _ in 0..<2 { _ = try await deployment.start(.worker) }
        auditor = try await deployment.start(.auditor)
        var gateways: [ServiceProcess] = []
        for name in ["gateway-1", "gateway-2"] {
            gateways.append(try await deployment.start(.gateway, settings: ["NEEDRECORD_GATEWAY_NAME": name]))
        }
        self.gateways = gateways
        var traffics: [Traffic] = []
        for gateway in gateways { traffics.append(try await Traffic(to: gateway, rate: 40, connections: 250)) }
        self.traffics = traffics
        try await waitForDecisions()
    }

    /// Runs `fault` under load, makes the cluster whole again, and expects that every callback was answered in time and
    /// has its row, and that `verify` finds that it adds up.
    ///
    /// - Parameter story: Names the fault in what is printed.
    static func run(_ story: String, _ fault: (ClusterLoad) async throws -> Void) async throws {
        try await Cluster.heal()
        try await Deployment.with(profile: .replicated, broker: TestEnvironment.clusterAMQPURL()) { deployment in
            let start = Date()
            do {
                let load = try await ClusterLoad(deployment, story: story)
                try await fault(load)
                try await Cluster.heal()
                try await load.waitForDecisions()
                try await load.expectEverything(since: start)
            } catch {
                // The queues are to be deleted.
                try await Cluster.heal()
                throw error
            }
        }
    }

    /// The node that leads the work queue.
    func workQueueLeader() async throws -> Server {
        try await Cluster.leader(of: deployment.topology.decisionsQueue)
    }

    /// Waits until callbacks that are sent from now on are decided, whichever gateway they are sent to.
    func waitForDecisions() async throws {
        for traffic in traffics { try await traffic.waitForAll(.record, count: 80, within: .seconds(90)) }
    }

    /// Waits until callbacks that are sent from now on get defaults, whichever gateway they are sent to.
    func waitForDefaults() async throws {
        for traffic in traffics { try await traffic.waitForAll(.doNotRecord, count: 80, within: .seconds(60)) }
    }

    /// Expects that callbacks which came later than this after the fault were decided.
    func expectOutage(since fault: ContinuousClock.Instant, shorterThan limit: Duration) {
        let outage = Outage(traffics, since: fault)
        print("cluster: \(story): \(outage)")
        #expect(outage.duration < limit, "\(story)")
    }

    private func settle() async throws {
        do {
            try await deployment.settle(traffics.flatMap(\.answers), within: .seconds(90))
        } catch {
            var waiting: [Int] = []
            for gateway in gateways { waiting.append(try await gateway.status().counters["journal.waiting"] ?? -1) }
            throw TestFailure(
                """
                \(error); there are \(try await deployment.outcomes().count) rows, the journals have \(waiting) records; \
                auditor: \(try await auditor.status()) \(auditor.process.text.suffix(2_000))
                """
            )
        }
    }

    private func expectEverything(since start: Date) async throws {
        for traffic in traffics { try await traffic.stop() }
        for (traffic, gateway) in zip(traffics, gateways) {
            try await expectAnswers(
                traffic,
                gateway,
                deployment,
                causes: [.timeout, .brokerUnavailable, .unroutable, .overloaded],
                // As long as the platform waits: three brokers that elect and restart leave two cores little.
                within: .seconds(5)
            )
        }
        try await settle()
        for gateway in gateways {
            try await eventually("an empty journal", within: .seconds(60)) {
                try await gateway.status().counters["journal.waiting"] == 0
            }
            // It tells of the minute that is running.
            #expect(try await gateway.stop() == 0, "\(story): \(gateway.process.text)")
        }
        try await deployment.expectConservation(traffics, story)
        let counts = try await deployment.expectVerified(since: start, story)
        let causes = Dictionary(grouping: try await deployment.outcomes(), by: \.cause).mapValues(\.count)
        print("cluster: \(story): outcomes by cause \(causes), verify \(counts.filter { $0.value > 0 })")
    }
}
