import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// An installation of two gateways, a worker and an auditor whose parts are killed and started again by a schedule.
final class FaultInjection: Sendable {
    private struct State {
        var services: [FaultSchedule.Victim: ServiceProcess] = [:]
        var kills: [FaultSchedule.Victim: Int] = [:]
    }

    private let deployment: Deployment
    private let settings: [FaultSchedule.Victim: [String: String]]
    private let journals: [TemporaryDirectory]
    private let state: NIOLockedValueBox<State>

    /// Starts the installation, and waits until all of it is there.
    init(_ deployment: Deployment) async throws {
        self.deployment = deployment
        _ = try await deployment.start(.worker)
        var services: [FaultSchedule.Victim: ServiceProcess] = [.auditor: try await deployment.start(.auditor)]
        var settings: [FaultSchedule.Victim: [String: String]] = [:]
        var journals: [TemporaryDirectory] = []
        for gateway in [FaultSchedule.Victim.firstGateway, .secondGateway] {
            let journal = TemporaryDirectory()
            journals.append(journal)
            var own = ["NEEDRECORD_GATEWAY_NAME": gateway.rawValue, "NEEDRECORD_JOURNAL_DIRECTORY": journal.path]
            let service = try await deployment.start(.gateway, settings: own)
            // Whoever asks finds it again after its death.
            own["NEEDRECORD_HTTP_PORT"] = String(try await service.callbackPort())
            settings[gateway] = own
            services[gateway] = service
        }
        self.settings = settings
        self.journals = journals
        state = NIOLockedValueBox(State(services: services))
    }

    /// The gateways that are alive now.
    var gateways: [ServiceProcess] {
        state.withLockedValue { state in
            [.firstGateway, .secondGateway].compactMap { state.services[$0] }
        }
    }

    /// How often what was killed.
    var story: String {
        let kills = state.withLockedValue { $0.kills }
        return FaultSchedule.Victim.allCases.map { "\($0.rawValue) \(kills[$0] ?? 0)" }.joined(separator: ", ")
    }

    /// Kills by the schedule, each victim by its own, and returns when all are alive again.
    func run(_ schedule: FaultSchedule) async throws {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            for (victim, faults) in schedule.faults {
                group.addTask {
                    for fault in faults {
                        try await Task.sleep(until: start + fault.due)
                        try await self.kill(victim, downtime: fault.downtime)
                    }
                }
            }
            try await group.waitForAll()
        }
        for service in state.withLockedValue({ Array($0.services.values) }) {
            try await service.waitUntilReady(within: .seconds(60))
        }
    }

    private func kill(_ victim: FaultSchedule.Victim, downtime: Duration) async throws {
        state.withLockedValue { $0.kills[victim, default: 0] += 1 }
        switch victim {
        case .rabbitmq: try await Server.rabbitmq.killAndRestart(after: downtime)
        case .postgres: try await Server.postgres.killAndRestart(after: downtime)
        case .auditor, .firstGateway, .secondGateway:
            let service = state.withLockedValue { $0.services[victim] }
            service?.process.signal(SIGKILL)
            try await service?.process.wait()
            try await Task.sleep(for: downtime)
            // What it needs may be dead, too.
            let successor = try await deployment.start(
                victim == .auditor ? .auditor : .gateway,
                settings: settings[victim] ?? [:],
                isAwaited: false
            )
            state.withLockedValue { $0.services[victim] = successor }
        }
    }
}
