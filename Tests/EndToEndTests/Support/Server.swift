import Foundation
import Glibc
import TestSupport

/// A server of the tests, to be disturbed. Others must not use it meanwhile.
enum Server: String {
    case rabbitmq
    case postgres
    case rabbitmq1 = "rabbitmq-1"
    case rabbitmq2 = "rabbitmq-2"
    case rabbitmq3 = "rabbitmq-3"
    case postgresPrimary = "postgres-primary"
    case postgresStandby = "postgres-standby"

    /// What RabbitMQ calls it, if it is a node.
    var nodeName: String { "needrecord\(rawValue.dropFirst("rabbitmq".count))@localhost" }

    /// Starts those that do not run, side by side, and waits until they answer.
    static func start(_ servers: [Server]) async throws {
        try await run(["start-service"] + servers.map(\.rawValue))
    }

    /// Has the standby take over from the primary, which is gone, and waits until it takes writes.
    static func promoteStandby() async throws {
        try await run(["promote"])
    }

    /// Runs `body` while the server is stopped, and starts it again in any case.
    func whileStopped(_ body: () async throws -> Void) async throws {
        try await stack("stop-service")
        do {
            try await body()
        } catch {
            try await stack("start-service")
            throw error
        }
        try await stack("start-service")
    }

    /// Runs `body` while the server's processes take no part in anything, and lets them go on in any case.
    func whileFrozen(_ body: () async throws -> Void) async throws {
        let text = try await stack("pid")
        guard let main = pid_t(text.filter(\.isNumber)) else { throw TestFailure("\(self) is process \(text)") }
        var processes = [main]
        defer { for process in processes { Glibc.kill(process, SIGCONT) } }
        guard Glibc.kill(main, SIGSTOP) == 0 else { throw TestFailure("process \(main) of \(self) cannot be stopped") }
        try await ChildProcess.waitUntilStopped(main)
        // From now on it can start no more. PostgreSQL has a process for each session.
        let children = try String(contentsOfFile: "/proc/\(main)/task/\(main)/children", encoding: .utf8)
        processes += children.split(separator: " ").compactMap { pid_t($0) }
        for process in processes { Glibc.kill(process, SIGSTOP) }
        for process in processes { try await ChildProcess.waitUntilStopped(process) }
        try await body()
    }

    /// Kills it, as a loss of power to it alone would.
    func kill() async throws {
        let text = try await stack("pid")
        guard let main = pid_t(text.filter(\.isNumber)), Glibc.kill(main, SIGKILL) == 0 else {
            throw TestFailure("\(self) is process \(text)")
        }
        try await eventually("\(self) to be gone") { Glibc.kill(main, 0) != 0 }
    }

    /// Kills it, and starts it again.
    ///
    /// - Parameter pause: For how long it stays dead.
    func killAndRestart(after pause: Duration = .zero) async throws {
        try await kill()
        try await Task.sleep(for: pause)
        try await stack("start-service")
    }

    /// Stops it in an orderly way.
    func stop() async throws {
        try await stack("stop-service")
    }

    /// Stops it and starts it again.
    func restart() async throws {
        try await whileStopped {}
    }

    /// Runs the administration tool of the broker that this is.
    ///
    /// - Returns: What it printed.
    @discardableResult
    func control(_ arguments: String...) async throws -> String {
        try await Self.run(["ctl-of", rawValue] + arguments)
    }

    @discardableResult
    private func stack(_ command: String) async throws -> String {
        try await Self.run([command, rawValue])
    }

    @discardableResult
    private static func run(_ arguments: [String]) async throws -> String {
        let output = try await ChildProcess.run(TestEnvironment.stack(), arguments, within: .seconds(150))
        guard output.status == 0 else { throw TestFailure("stack \(arguments): \(output.text)") }
        return output.text
    }
}
