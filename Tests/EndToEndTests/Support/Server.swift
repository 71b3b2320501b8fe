import Foundation
import TestSupport

/// A server of the tests, to be disturbed. Others must not use it meanwhile.
enum Server: String {
    case rabbitmq
    case postgres

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
        defer { for process in processes { kill(process, SIGCONT) } }
        guard kill(main, SIGSTOP) == 0 else { throw TestFailure("process \(main) of \(self) cannot be stopped") }
        // From now on it can start no more. PostgreSQL has a process for each session.
        let children = try String(contentsOfFile: "/proc/\(main)/task/\(main)/children", encoding: .utf8)
        processes += children.split(separator: " ").compactMap { pid_t($0) }
        for process in processes { kill(process, SIGSTOP) }
        try await body()
    }

    /// Kills it, as a loss of power to it alone would, and starts it again.
    ///
    /// - Parameter pause: For how long it stays dead.
    func killAndRestart(after pause: Duration = .zero) async throws {
        let text = try await stack("pid")
        guard let main = pid_t(text.filter(\.isNumber)), kill(main, SIGKILL) == 0 else {
            throw TestFailure("\(self) is process \(text)")
        }
        try await eventually("\(self) to be gone") { kill(main, 0) != 0 }
        try await Task.sleep(for: pause)
        try await stack("start-service")
    }

    /// Stops it and starts it again.
    func restart() async throws {
        try await whileStopped {}
    }

    @discardableResult
    private func stack(_ command: String) async throws -> String {
        let output = try await ChildProcess.run(TestEnvironment.stack(), [command, rawValue], within: .seconds(150))
        guard output.status == 0 else { throw TestFailure("stack \(command) \(self): \(output.text)") }
        return output.text
    }
}
