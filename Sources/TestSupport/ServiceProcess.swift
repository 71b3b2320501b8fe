import Foundation
import NIOConcurrencyHelpers

/// The built executable, serving on free ports.
public final class ServiceProcess: Sendable {
    /// The process.
    public let process: ChildProcess

    /// Among all services of this run: the system gives the ids of processes again.
    let number: Int

    private static let count = NIOLockedValueBox(0)

    /// By purpose. What a process prints grows with its work, and so would the time to look for them again.
    private let ports = NIOLockedValueBox<[String: Int]>([:])

    /// Its journal, unless its settings name another.
    private let journal: TemporaryDirectory

    private init(_ process: ChildProcess, journal: TemporaryDirectory) {
        self.process = process
        self.journal = journal
        number = Self.count.withLockedValue { count in
            count += 1
            return count
        }
    }

    /// Starts a serving command, such as `["serve"]`, on ports that it chooses itself.
    ///
    /// - Parameter environment: The settings.
    public static func start(_ arguments: [String], environment: [String: String]) throws -> ServiceProcess {
        let journal = TemporaryDirectory()
        let own = [
            "NEEDRECORD_HTTP_PORT": "0", "NEEDRECORD_OPS_PORT": "0", "NEEDRECORD_JOURNAL_DIRECTORY": journal.path,
        ]
        let service = ServiceProcess(
            try ChildProcess(TestEnvironment.executable(), arguments, environment: own.merging(environment) { $1 }),
            journal: journal
        )
        MetricsLog.watch(service)
        return service
    }

    /// The settings of a process in a test.
    public static func environment(database: ProductDatabase?, namespace: String) throws -> [String: String] {
        var environment = [
            "NEEDRECORD_AMQP_URL": try TestEnvironment.amqpURL(),
            "NEEDRECORD_TOPOLOGY_NAMESPACE": namespace,
        ]
        environment["NEEDRECORD_DATABASE_URL"] = database?.url
        return environment
    }

    /// The port for callbacks, once it is listened on.
    public func callbackPort() async throws -> Int { try await port(of: "callbacks") }

    /// The port for operators, once it is listened on.
    public func opsPort() async throws -> Int { try await port(of: "operators") }

    /// The port for operators, if it is listened on.
    var presentOpsPort: Int? {
        get throws { try presentPort(of: "operators") }
    }

    private func port(of purpose: String) async throws -> Int {
        if let port = try presentPort(of: purpose) { return port }
        try await process.waitForText(Self.mark(of: purpose))
        try await eventually("the whole line") { try presentPort(of: purpose) != nil }
        return try presentPort(of: purpose) ?? 0
    }

    private static func mark(of purpose: String) -> String { "listening for \(purpose)" }

    private func presentPort(of purpose: String) throws -> Int? {
        if let port = ports.withLockedValue({ $0[purpose] }) { return port }
        // Of the last line there may be more to come.
        let lines = process.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard let line = lines.first(where: { $0.contains(Self.mark(of: purpose)) }) else { return nil }
        guard let match = line.firstMatch(of: /port=(\d+)/), let port = Int(match.1) else {
            throw TestFailure("no port in: \(line)")
        }
        ports.withLockedValue { $0[purpose] = port }
        return port
    }

    /// What `/status` says: the state of the parts, and the counters.
    public func status() async throws -> (parts: [String: String], counters: [String: Int]) {
        let url = URL(string: "http://127.0.0.1:\(try await opsPort())/status")!
        let data = try await get(url).body
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        // What a test asks for here has its metric, and that has moved with it.
        await MetricsLog.look(at: self)
        return (object?["parts"] as? [String: String] ?? [:], object?["counters"] as? [String: Int] ?? [:])
    }

    /// Waits until every part says `ok`.
    public func waitUntilReady(within limit: Duration = .seconds(30)) async throws {
        do {
            try await eventually("every part to be ok", within: limit) {
                let parts = try await status().parts
                return !parts.isEmpty && parts.values.allSatisfy { $0 == "ok" }
            }
        } catch {
            throw TestFailure("\(error) in: \(process.text)")
        }
    }

    /// Kills it.
    public func kill() async throws {
        await MetricsLog.look(at: self)
        process.signal(SIGKILL)
        try await process.wait()
    }

    /// Stops it in an orderly way.
    ///
    /// - Returns: Its exit code.
    @discardableResult
    public func stop() async throws -> Int32 {
        await MetricsLog.look(at: self)
        process.signal(SIGTERM)
        return try await process.wait()
    }
}
