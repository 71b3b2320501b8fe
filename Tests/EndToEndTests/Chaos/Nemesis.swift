import AMQP
import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Wire

/// Does to an installation what a schedule says, and mends it.
final class Nemesis: Sendable {
    let installation: ChaosInstallation
    let recorder: ChaosRecorder

    var deployment: Deployment { installation.deployment }

    init(_ installation: ChaosInstallation, _ recorder: ChaosRecorder) {
        self.installation = installation
        self.recorder = recorder
    }

    /// Carries a schedule out, and returns when everything is mended.
    func run(_ schedule: FaultSchedule) async throws {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            // Faults of one subject come one after the other, however long the one before has taken.
            for (_, faults) in Dictionary(grouping: schedule.faults, by: \.subject) {
                group.addTask {
                    for fault in faults {
                        try await Task.sleep(until: start + fault.due)
                        let began = self.recorder.now
                        let note = try await self.perform(fault)
                        self.recorder.note(fault, began: began, note)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func perform(_ fault: Fault) async throws -> String? {
        switch fault.subject {
        case .member(let member): return try await perform(fault, on: member)
        case .server(let server): try await perform(fault, on: server)
        case .way(let way): try await perform(fault, on: installation.link(way))
        case .operators: return try await performWork(fault)
        }
        return nil
    }

    /// Cut short when another fault could not be carried out; what this one did is mended all the same.
    private func last(_ length: Duration) async {
        try? await Task.sleep(for: length)
    }

    // MARK: Members

    private func perform(_ fault: Fault, on member: Member) async throws -> String? {
        let process = try installation.service(member).process
        switch fault.action {
        case .pause:
            process.signal(SIGSTOP)
            await last(fault.length)
            process.signal(SIGCONT)
            return nil
        case .stepClock:
            let seconds = Int64((fault.strength - 0.5) * 20)
            try installation.setClock(of: member, to: seconds)
            await last(fault.length)
            try installation.setClock(of: member, to: 0)
            return "\(seconds) s"
        case .restart:
            process.signal(SIGTERM)
        default:
            process.signal(SIGKILL)
        }
        let status = try await process.wait(within: .seconds(40))
        await last(fault.length)
        try await installation.start(member)
        // Before that it has no handlers of signals, and a stop would be none.
        _ = try await installation.service(member).opsPort()
        if member.role == .gateway { _ = try await installation.service(member).callbackPort() }
        return String(status)
    }

    // MARK: Ways

    private func perform(_ fault: Fault, on link: FaultyLink) async throws {
        switch fault.action {
        case .cut: await link.set(.cut)
        case .stall: await link.set(.stalled)
        case .slow: await link.set(.slow(.milliseconds(20 + 380 * fault.strength)))
        case .truncate: await link.strike(.truncate)
        default:
            let blows: [FaultyLink.Blow] = [.drop, .duplicate, .flip]
            await link.strike(blows[min(Int(fault.strength * 3), 2)])
        }
        await last(fault.length)
        await link.set(.clear)
    }

    // MARK: Servers

    private func perform(_ fault: Fault, on server: Server) async throws {
        switch fault.action {
        case .kill: try await server.killAndRestart(after: fault.length)
        case .pause: try await server.whileFrozen { await last(fault.length) }
        case .restart: try await server.whileStopped { await last(fault.length) }
        case .refusedLogin:
            switch server {
            case .rabbitmq: try await whileBrokerRefusesLogin(for: fault.length)
            case .postgres: try await whileDatabaseRefusesLogin(for: fault.length)
            default: throw TestFailure("\(server) is no part of the installation")
            }
        case .endedSessions: try await endSessions()
        default: try await disturbBroker(fault)
        }
    }

    private func disturbBroker(_ fault: Fault) async throws {
        let queue = deployment.topology.decisionsQueue
        switch fault.action {
        case .memoryAlarm:
            try await control("set_vm_memory_high_watermark", "0.0000001")
            await last(fault.length)
            try await control("set_vm_memory_high_watermark", "0.4")
        case .diskAlarm:
            try await control("set_disk_free_limit", "999999GB")
            await last(fault.length)
            try await control("set_disk_free_limit", "50MB")
        case .fullQueue:
            let definition = #"{"max-length":0,"overflow":"reject-publish"}"#
            try await control(
                "set_policy",
                "-p",
                virtualHost(),
                "full",
                "^\(queue)$",
                definition,
                "--apply-to",
                "queues"
            )
            await last(fault.length)
            try await control("clear_policy", "-p", virtualHost(), "full")
        default:
            try await changeTopology(fault.action)
            await last(fault.length)
            try await mendTopology(fault.action)
        }
    }

    private func changeTopology(_ action: Fault.Action) async throws {
        let topology = deployment.topology
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            if action == .unboundQueue {
                try await channel.unbind(
                    queue: topology.decisionsQueue,
                    exchange: topology.exchange,
                    routingKey: Topology.onDemandKey
                )
                return
            }
            _ = try await channel.deleteQueue(topology.decisionsQueue)
            guard action == .changedQueue else { return }
            // Somebody who is at work may have declared it already, which is as good.
            _ = try? await channel.declareQueue(
                AMQPQueue(name: topology.decisionsQueue, arguments: ["x-queue-type": "classic"])
            )
        }
    }

    /// A queue that is gone is declared by those who work with it. The rest is for who has done it.
    private func mendTopology(_ action: Fault.Action) async throws {
        guard action != .deletedQueue else { return }
        let topology = deployment.topology
        if action == .changedQueue {
            try await whenStreamsAreUp { connection in
                let channel = try await connection.openChannel()
                _ = try await channel.deleteQueue(topology.decisionsQueue)
            }
        }
        // Somebody else may do the same at this moment.
        try await whenStreamsAreUp { try await topology.declare(on: $0) }
    }

    /// For some time after a restart of the broker a queue may have no home.
    private func whenStreamsAreUp(_ body: (AMQPConnection) async throws -> Void) async throws {
        try await eventually("the queues to be up", within: .seconds(30)) {
            do {
                try await ProductBroker.withConnection(body)
                return true
            } catch let error as AMQPError where error.code == .notFound {
                return false
            }
        }
    }

    private func control(_ arguments: String...) async throws {
        let tool = try TestEnvironment.rabbitmqctl()
        let output = try await ChildProcess.run(tool, arguments)
        guard output.status == 0 else { throw TestFailure("rabbitmqctl \(arguments): \(output.text)") }
    }

    private func virtualHost() throws -> String { try ProductBroker.configuration().virtualHost }

    private func whileBrokerRefusesLogin(for length: Duration) async throws {
        let configuration = try ProductBroker.configuration()
        func setPassword(_ password: String) async throws {
            try await control(
                "eval",
                """
                rabbit_auth_backend_internal:change_password(
                    <<"\(configuration.user)">>, <<"\(password)">>, <<"tests">>),
                rabbit_networking:close_all_user_connections(<<"\(configuration.user)">>, <<"the password has expired">>).
                """
            )
        }
        try await setPassword("expired")
        await last(length)
        try await setPassword(configuration.password)
    }

    private func whileDatabaseRefusesLogin(for length: Duration) async throws {
        guard let user = URLComponents(string: deployment.database.url)?.user else { throw TestFailure("no user") }
        try await administer(#"ALTER ROLE "\#(user)" NOLOGIN"#)
        try await endSessions()
        await last(length)
        try await administer(#"ALTER ROLE "\#(user)" LOGIN"#)
    }

    private func endSessions() async throws {
        try await administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(deployment.database.name)'"
        )
    }

    /// As the superuser.
    private func administer(_ statement: String) async throws {
        let output = try await ChildProcess.run(TestEnvironment.stack(), ["psql", "-qc", statement])
        guard output.status == 0 else { throw TestFailure("\(statement): \(output.text)") }
    }

    // MARK: Operators

    /// What they do may fail for what is disturbed; it must do no harm.
    private func performWork(_ fault: Fault) async throws -> String {
        let arguments =
            fault.action == .replay
            ? ["replay", "--from", "1m", "--publish", "--reason", "chaos", "--rate", "500"]
            : ["rules", "add", "--domain", "nowhere.example.com", "--skip"]
        let output = try await deployment.output(of: arguments)
        return "exit code \(output.status)"
    }
}
