import Foundation
import PlatformSimulator
import Postgres
import TestSupport
import Testing

/// The disk of a gateway's journal is full, can only be read, or hangs.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ScratchVolume.isPermitted, "mounting takes root"))
struct DiskTroubleEndToEndTests {
    /// A gateway with its journal on a disk of its own, a worker and an auditor.
    private struct Scene {
        let deployment: Deployment
        let volume: ScratchVolume
        /// How many outcomes may wait for the broker in memory.
        let maximumHeld: Int
        let begin = Date()
        private(set) var gateway: ServiceProcess

        init(_ deployment: Deployment, _ volume: ScratchVolume, maximumHeld: Int) async throws {
            self.deployment = deployment
            self.maximumHeld = maximumHeld
            self.volume = volume
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            _ = try await deployment.start(.auditor)
            gateway = try await Self.startGateway(deployment, volume, maximumHeld)
        }

        private static func startGateway(
            _ deployment: Deployment,
            _ volume: ScratchVolume,
            _ maximumHeld: Int
        ) async throws -> ServiceProcess {
            try await deployment.start(
                .gateway,
                settings: [
                    "NEEDRECORD_GATEWAY_NAME": "gateway-1",
                    "NEEDRECORD_JOURNAL_DIRECTORY": volume.path + "/journal",
                    // A file system that fails drops what it has not synced.
                    "NEEDRECORD_JOURNAL_SYNC": "group",
                    "NEEDRECORD_GATEWAY_MAX_PENDING": String(maximumHeld),
                ]
            )
        }

        mutating func restartGateway() async throws {
            gateway = try await Self.startGateway(deployment, volume, maximumHeld)
        }

        func count(_ counter: String) async throws -> Int {
            try await gateway.status().counters["outcomes." + counter] ?? -1
        }

        func wait(for counter: String, more count: Int) async throws {
            let wanted = try await self.count(counter) + count
            try await eventually("\(count) more \(counter)") { try await self.count(counter) >= wanted }
        }

        /// The unkept outcomes that the gateway has told of.
        func toldUnkept() async throws -> Int {
            try await deployment.database.withConnection(role: "needrecord_reader") { connection in
                try await connection.query("SELECT coalesce(sum(unkept), 0)::bigint FROM needrecord.gateway_minutes")[0]
                    .decode(Int.self)
            }
        }
    }

    private static func with(maximumHeld: Int = 10_000, _ body: (inout Scene) async throws -> Void) async throws {
        try await ScratchVolume.with { volume in
            try await Deployment.with(answerBudget: .seconds(1)) { deployment in
                var scene = try await Scene(deployment, volume, maximumHeld: maximumHeld)
                try await body(&scene)
            }
        }
    }

    /// With the disk mended, the next gateway keeps in the journal what is answered, and nothing is missing of before.
    private static func expectRecovery(_ scene: inout Scene, after first: Traffic) async throws {
        try await scene.volume.mend()
        try await scene.restartGateway()
        let second = try await Traffic(to: scene.gateway, rate: 100, connections: 200)
        try await scene.wait(for: "kept", more: 100)
        try await second.stop()
        #expect(try await scene.count("direct") == 0)
        for traffic in [first, second] {
            #expect(traffic.failures.keys.allSatisfy { $0 == .cancelled }, "\(traffic.failures)")
        }
        try await scene.deployment.settle(second.answers)
        #expect(try await scene.gateway.stop() == 0)
        try await scene.deployment.expectConservation([first, second])
        try await scene.deployment.expectVerified(since: scene.begin)
    }

    @Test func `With a full disk nothing is lost while the broker is there, and else it is told how much`() async throws
    {
        try await Self.with(maximumHeld: 200) { scene in
            let traffic = try await Traffic(to: scene.gateway, rate: 100, connections: 200)
            try await traffic.waitFor(.record, more: 100)
            try await scene.volume.fill()
            try await traffic.waitFor(.record, more: 300)
            #expect(try await scene.count("unkept") == 0)

            try await Server.rabbitmq.whileStopped {
                try await scene.wait(for: "unkept", more: 100)
                // The counts of minutes are held there, too.
                #expect(try await scene.count("held") > scene.maximumHeld - 10)
            }
            try await traffic.waitFor(.record, more: 100)
            let unkept = try await scene.count("unkept")
            try await traffic.waitFor(.record, more: 100)
            try scene.volume.empty()
            try await scene.wait(for: "kept", more: 100)
            #expect(try await scene.count("unkept") == unkept)
            try await traffic.stop()
            #expect(traffic.failures.keys.allSatisfy { $0 == .cancelled }, "\(traffic.failures)")
            #expect(traffic.slowest < .seconds(2))

            #expect(try await scene.gateway.stop() == 0)
            try await eventually("the count of what is missing") { try await scene.toldUnkept() == unkept }
            try await eventually("all the rows") {
                let rows = Set(try await scene.deployment.outcomes().map(\.id))
                return traffic.answers.count { !rows.contains($0.eventID ?? "") } <= unkept
            }
            let rows = Dictionary(
                try await scene.deployment.outcomes().map { ($0.id, $0.answer) },
                uniquingKeysWith: { _, _ in "twice" }
            )
            let wrong = traffic.answers.filter { answer in rows[answer.eventID ?? ""].map { $0 != answer.text } ?? false
            }
            #expect(wrong.isEmpty)
            // All that is missing is what was told of, and what is there was answered, or its client had gone.
            let missing = traffic.answers.count { rows[$0.eventID ?? ""] == nil }
            let lost = traffic.failures.values.reduce(0, +)
            #expect(missing <= unkept && unkept <= missing + lost, "\(missing) are missing, \(unkept) are told of")
            #expect(rows.count <= traffic.answers.count - missing + lost)
        }
    }

    @Test func `With a disk that can only be read everything goes to the broker, and what was kept is there later`()
        async throws
    {
        try await Self.with { scene in
            let first = try await Traffic(to: scene.gateway, rate: 100, connections: 200)
            try await first.waitFor(.record, more: 100)
            try await scene.volume.fail()
            try await scene.wait(for: "direct", more: 200)
            // What is answered meanwhile is held for it.
            try await Server.rabbitmq.whileStopped { try await first.waitForAnswers(100) }
            try await first.waitFor(.record, more: 100)
            try await first.stop()
            #expect(try await scene.count("unkept") == 0)
            #expect(first.slowest < .seconds(2))
            try await scene.deployment.settle(first.answers)
            #expect(try await scene.gateway.stop() == 0)
            try await Self.expectRecovery(&scene, after: first)
        }
    }

    @Test func `What a disk hung on until it failed goes to the broker, and holds no answer up for long`() async throws
    {
        try await Self.with { scene in
            let first = try await Traffic(to: scene.gateway, rate: 100, connections: 200)
            try await first.waitFor(.record, more: 100)
            try await scene.volume.hangAndFail {
                try await scene.wait(for: "overtaken", more: 100)
                #expect(try await scene.count("held") >= 100)
                #expect(try await scene.count("direct") == 0)
            }
            let overtaken = try await scene.count("overtaken")
            try await scene.wait(for: "direct", more: overtaken + 100)
            try await first.stop()
            try await eventually("an end of everything") { try await scene.count("held") == 0 }
            #expect(try await scene.count("unkept") == 0)
            #expect(first.slowest < .seconds(2))
            try await scene.deployment.settle(first.answers)
            #expect(try await scene.gateway.stop() == 0)
            try await Self.expectRecovery(&scene, after: first)
        }
    }

    @Test func `What a disk hung on and wrote in the end is kept, and counted once`() async throws {
        try await Self.with { scene in
            let traffic = try await Traffic(to: scene.gateway, rate: 100, connections: 200)
            try await traffic.waitFor(.record, more: 100)
            let overtaken = try await scene.volume.hang {
                try await scene.wait(for: "overtaken", more: 100)
                return try await scene.count("overtaken")
            }
            try await scene.wait(for: "kept", more: overtaken + 100)
            try await traffic.stop()
            try await eventually("an end of everything") { try await scene.count("held") == 0 }
            #expect(try await scene.count("direct") == 0)
            #expect(try await scene.count("unkept") == 0)
            #expect(traffic.failures.keys.allSatisfy { $0 == .cancelled }, "\(traffic.failures)")
            #expect(traffic.slowest < .seconds(2))
            try await scene.deployment.settle(traffic.answers)
            #expect(try await scene.gateway.stop() == 0)
            try await scene.deployment.expectConservation([traffic])
            try await scene.deployment.expectVerified(since: scene.begin)
        }
    }
    @Test func `A gateway that stops while its disk hangs gives it time, and what it refuses goes to the broker`()
        async throws
    {
        try await Self.with { scene in
            let traffic = try await Traffic(to: scene.gateway, rate: 100, connections: 200)
            try await traffic.waitFor(.record, more: 100)
            try await scene.volume.hangAndFail {
                try await scene.wait(for: "overtaken", more: 100)
                try await traffic.stop()
                #expect(traffic.slowest < .seconds(2))
                scene.gateway.process.signal(SIGTERM)
                try await scene.gateway.process.waitForText("waiting for the journal's disk")
            }
            #expect(try await scene.gateway.process.wait() == 0)
            #expect(traffic.failures.keys.allSatisfy { $0 == .cancelled }, "\(traffic.failures)")
            try await scene.deployment.settle(traffic.answers)
            try await scene.deployment.expectConservation([traffic])
            try await scene.deployment.expectVerified(since: scene.begin)
        }
    }
}
