import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// One run: an installation of its own under load and faults, and then the proof.
struct ChaosRun {
    let seed: UInt64
    let duration: Duration
    let pace: FaultSchedule.Pace

    /// How long it takes until both gateways answer from decisions again, at most, after everything is mended.
    private static let recoveryLimit = Duration.seconds(30)

    /// What says how to do it again.
    var label: String {
        "NEEDRECORD_CHAOS_SEED=\(seed) NEEDRECORD_CHAOS_SECONDS=\(duration.components.seconds)"
            + (pace == .steady ? " NEEDRECORD_CHAOS_PACE=steady" : "")
    }

    /// Carries it out.
    ///
    /// - Returns: A line about it.
    /// - Throws: ``TestFailure`` with the label, what was broken, and where the history is.
    func callAsFunction() async throws -> String {
        let recorder = ChaosRecorder()
        do {
            var line = ""
            // Two seconds, so that faults often last longer.
            try await Deployment.with(answerBudget: .seconds(2)) { deployment in
                line = try await run(on: deployment, recorder)
            }
            return "\(label): \(line)"
        } catch {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("chaos-\(seed).json")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            try encoder.encode(recorder.history).write(to: file)
            throw TestFailure("\(label): \(error); history: \(file.path)")
        }
    }

    private func run(on deployment: Deployment, _ recorder: ChaosRecorder) async throws -> String {
        let begin = Date()
        try await ChaosWorld.write(to: deployment)
        let installation = try await ChaosInstallation(deployment)
        let connections = installation.connectionCounts()
        let loads = try startLoads(installation, recorder)
        try await waitForRecording(loads, "before the first fault")

        try await Nemesis(installation, recorder).run(FaultSchedule(seed: seed, duration: duration, pace: pace))
        let mended = recorder.now
        try await waitForRecording(loads, "after the last fault")
        let recovery = recorder.now - mended
        for load in loads.values.flatMap(\.self) { try await load.stop() }
        try await expectQuiet(installation, connections)

        let answers = recorder.history.exchanges.compactMap(\.eventID)
        try await settle(Set(answers), deployment)
        // Each gateway tells of the minute that is running when it stops.
        for member in Member.gateways + [.firstWorker, .secondWorker] {
            let service = try installation.service(member)
            let status = try await service.stop()
            guard status == 0 else { throw TestFailure("\(member) ended with \(status): \(service.process.text)") }
        }
        let rows = try await check(deployment, recorder.history)
        let counts = try await deployment.expectVerified(since: begin, label)
        guard try await installation.service(.auditor).stop() == 0 else { throw TestFailure("the auditor failed") }
        try await eventually("no connections") { installation.connectionCounts().values.allSatisfy { $0 == 0 } }
        return summary(recorder.history, rows, counts, recovery)
    }

    private func startLoads(
        _ installation: ChaosInstallation,
        _ recorder: ChaosRecorder
    ) throws -> [Member: [ChaosLoad]] {
        var loads: [Member: [ChaosLoad]] = [:]
        for member in Member.gateways {
            loads[member] = try [
                (ChaosWorld.recorded, 1_000_000, 25), (ChaosWorld.skipped, 1_000_000, 5),
                (ChaosWorld.shared, ChaosWorld.repeatedStreams, 10),
                (ChaosWorld.limited, ChaosWorld.repeatedStreams, 10),
            ].map { domain, streams, rate in
                try ChaosLoad(
                    domain: domain,
                    streams: streams,
                    rate: rate,
                    to: member,
                    of: installation,
                    recorder
                )
            }
        }
        return loads
    }

    /// Waits until each gateway has said yes to some more, which needs every part on the way.
    private func waitForRecording(_ loads: [Member: [ChaosLoad]], _ when: String) async throws {
        for (member, loads) in loads {
            guard let load = loads.first else { continue }
            let wanted = load.recordCount + 20
            try await eventually("decisions at \(member) \(when)", within: Self.recoveryLimit) {
                load.recordCount >= wanted
            }
        }
    }

    /// Nothing waits any more, and there are as many connections as in the beginning.
    private func expectQuiet(_ installation: ChaosInstallation, _ connections: [Way: Int]) async throws {
        for member in Member.allCases {
            let service = try installation.service(member)
            try await service.waitUntilReady(within: .seconds(60))
            guard member.role == .gateway else { continue }
            do {
                try await eventually("nothing to wait", within: .seconds(60)) {
                    let counters = try await service.status().counters
                    return counters["replies.pending"] == 0 && counters["journal.waiting"] == 0
                }
            } catch {
                // Who owes it: the broker a confirm, or the gateway the message?
                let channels = try await ProductBroker.control("list_channels", "pid", "messages_unconfirmed", "number")
                let counters = try await service.status().counters
                throw TestFailure("\(error) in \(member): \(counters), the broker's channels: \(channels)")
            }
        }
        do {
            try await eventually("no more connections than there should be", within: .seconds(30)) {
                installation.connectionCounts().allSatisfy { way, count in
                    // A worker takes more than one when it has more than one thing to ask.
                    way.end == .database && way.member.role == .worker
                        ? (1...ChaosInstallation.workerPoolSize).contains(count) : count == connections[way]
                }
            }
        } catch {
            throw TestFailure("\(error): \(connections) became \(installation.connectionCounts())")
        }
    }

    private func settle(_ answered: Set<String>, _ deployment: Deployment) async throws {
        do {
            try await eventually("a row for each of \(answered.count) answers", within: .seconds(60)) {
                try await answered.subtracting(deployment.outcomeRows().map(\.eventID)).isEmpty
            }
        } catch {
            let rows = try await deployment.outcomeRows()
            let missing = answered.subtracting(rows.map(\.eventID))
            throw TestFailure("\(error): \(missing.count) are missing, such as \(missing.prefix(3))")
        }
    }

    private func check(_ deployment: Deployment, _ history: ChaosHistory) async throws -> [OutcomeRow] {
        let rows = try await deployment.outcomeRows()
        let checker = HistoryChecker(
            budget: deployment.answerBudget / .seconds(1),
            history: history,
            rows: rows,
            strays: try await deployment.strayDecisions()
        )
        let violations = checker.violations()
        guard violations.isEmpty else {
            let counts = Dictionary(grouping: violations, by: \.promise).mapValues(\.count)
            throw TestFailure("\(counts), such as \(violations.prefix(5)); \(story(history))")
        }
        return rows
    }

    private func story(_ history: ChaosHistory) -> String {
        history.disturbances.map { "\($0.subject) \($0.action) \(String(format: "%.1f-%.1f", $0.began, $0.ended))" }
            .joined(separator: ", ")
    }

    private func summary(
        _ history: ChaosHistory,
        _ rows: [OutcomeRow],
        _ counts: [String: Int],
        _ recovery: Double
    ) -> String {
        func tally(_ names: [String]) -> String {
            Dictionary(grouping: names) { $0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.count)" }
                .joined(separator: ", ")
        }
        return """
            \(history.exchanges.count) questions; outcomes: \(tally(rows.map(\.cause))); without an answer: \
            \(tally(history.exchanges.compactMap(\.failure))); verify: \(counts.filter { $0.value > 0 }); \
            recovered in \(String(format: "%.1f", recovery)) s; \(story(history))
            """
    }
}
