import DecisionCore
import Foundation
import NIOCore
import NIOPosix
import PlatformSimulator
import TestSupport
import Testing

/// More than there is room for: more callbacks than can be decided, more connections than anybody needs, and more than the
/// process may have.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OverloadTroubleEndToEndTests {
    /// What can be decided is made little by a slow way to the database, so that it is not the machine that is measured.
    @Test func `At three times what can be decided, as much is decided, in time, and all is well soon afterwards`()
        async throws
    {
        try await Deployment.with(answerBudget: .seconds(2)) { deployment in
            try await deployment.recordEverything()
            var url = try #require(URLComponents(string: deployment.database.url))
            let link = try await FaultyLink(to: url.port ?? 5_432)
            url.port = link.port
            _ = try await deployment.start(
                .worker,
                settings: [
                    "NEEDRECORD_DATABASE_URL": try #require(url.string), "NEEDRECORD_WORKER_PREFETCH": "16",
                ]
            )
            let gateway = try await deployment.start(.gateway)
            await link.set(.slow(.milliseconds(25)))

            let measured = try await Traffic(to: gateway, rate: nil, connections: 150)
            try await measured.waitFor(.record, more: 200)
            let (start, before) = (ContinuousClock.now, measured.count(.record))
            try await measured.waitFor(.record, more: 800)
            let capacity = Double(measured.count(.record) - before) / ((ContinuousClock.now - start) / .seconds(1))
            try await measured.stop()
            let bytes = try residentBytes(of: gateway)

            let flood = try await Traffic(to: gateway, rate: 3 * capacity, connections: Int(capacity * 8))
            // Until it is noticed, all wait, and are answered at the budget.
            try await eventually("fewer to be let in") {
                try await gateway.status().counters["replies.pending_limit"] ?? 10_000 < 10_000
            }
            // Those who waited already when it was noticed have their answers within the budget, and then it is as it stays.
            try await flood.waitForAnswers(Int(capacity * 18), within: .seconds(30))
            let (from, first) = (ContinuousClock.now, flood.answers.count)
            try await flood.waitForAnswers(Int(capacity * 18), within: .seconds(30))
            let answers = flood.answers[first...]
            let decided = Double(answers.count { $0.verdict == .record }) / ((ContinuousClock.now - from) / .seconds(1))
            let growth = try residentBytes(of: gateway) - bytes
            try await flood.stop()

            let slowest = answers.map(\.elapsed).sorted()[answers.count * 999 / 1_000]
            print(
                """
                overload: capacity \(Int(capacity)) a second, \(Int(decided)) decided at three times that, 99.9 percent \
                within \(slowest), \(growth / 1_000_000) MB more
                """
            )
            #expect(decided >= 0.85 * capacity, "\(decided) of \(capacity)")
            #expect(slowest <= .milliseconds(2_000))
            #expect(flood.failures.keys.allSatisfy { $0 == .cancelled }, "\(flood.failures)")
            #expect(growth < 64_000_000, "\(growth)")

            let relief = ContinuousClock.now
            let usual = try await Traffic(to: gateway, rate: capacity / 2, connections: Int(capacity * 2))
            try await eventually("nobody to be refused") {
                try await gateway.status().counters["replies.pending_limit"] == 10_000
            }
            #expect(ContinuousClock.now - relief < .seconds(10))
            let refused = usual.count(.doNotRecord)
            try await usual.waitFor(.record, more: 300)
            #expect(usual.count(.doNotRecord) == refused)
            try await usual.stop()
            let tally = try await gateway.settledCounters()
            #expect(tally.isConserved, "\(tally)")
            // The time of a batch may be over while its facts are read, which is told as a state that cannot be. A batch has at
            // most as many events as the worker's prefetch.
            #expect(tally.fallbacks[.stateUnavailable, default: 0] <= 256, "\(tally)")
            let causes: Set<FallbackCause> = [.overloaded, .timeout, .stateUnavailable]
            #expect(Set(tally.fallbacks.keys).isSubset(of: causes), "\(tally)")
        }
    }

    @Test func `Beside ten thousand idle connections callbacks are answered as ever`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            try await Traffic(to: service, rate: nil, count: 500, connections: 10).end()
            let bytes = try residentBytes(of: service)
            // A process may have 20,000 files open on many machines, and the client is one, too.
            let count = min(10_000, try openFileLimit() / 2)
            let idle = try await connect(count, to: service)
            let traffic = try await Traffic(to: service, rate: 200, count: 1_000, connections: 50)
            try await traffic.end()
            let growth = try residentBytes(of: service) - bytes
            print("\(count) idle connections: \(growth / count) bytes each, slowest answer \(traffic.slowest)")
            #expect(traffic.count(.record) == 1_000)
            #expect(traffic.slowest < .seconds(1))
            #expect(growth < 40_000 * count, "\(growth)")
            for channel in idle { channel.close(promise: nil) }
            #expect(try await service.ask(.example).text == DocumentedAnswer.record)
        }
    }

    @Test func `A gateway that has as many connections as it may have answers those, and then the others`() async throws
    {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve, settings: ["NEEDRECORD_HTTP_MAX_CONNECTIONS": "60"])
            let traffic = try await Traffic(to: service, rate: 100, connections: 20)
            try await traffic.waitFor(.record, more: 50)
            let idle = try await connect(300, to: service)
            try await traffic.waitFor(.record, more: 200)
            #expect(traffic.count(.doNotRecord) == 0)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.process.processID)/fd")
                .count
            #expect(open < 200)
            let busy = try cpuSeconds(of: service)
            try await Task.sleep(for: .seconds(1))
            // Not in a circle of failing to take the next one.
            #expect(try cpuSeconds(of: service) - busy < 0.5)
            for channel in idle { channel.close(promise: nil) }
            try await eventually("a new connection to be answered") {
                (try? await service.ask(.example))?.text == DocumentedAnswer.record
            }
            try await traffic.stop()
            #expect(traffic.failures.keys.allSatisfy { $0 == .cancelled }, "\(traffic.failures)")
        }
    }

    private func connect(_ count: Int, to service: ServiceProcess) async throws -> [any Channel] {
        let port = try await service.callbackPort()
        var channels: [any Channel] = []
        for _ in 0..<count {
            channels.append(
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: port).get()
            )
        }
        return channels
    }

    private func openFileLimit() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        let soft = line.split(separator: " ")[3]
        return Int(soft) ?? 1_000_000
    }
}
