import AMQP
import Foundation
import Logging
import Postgres
import Wire

/// Something that answers questions over the broker, as processes of its own.
protocol Contender {
    var name: String { get }
    var processes: [Child] { get }

    /// The commands that ask, all of them at the same time; each prints what a ``LoadResult`` is read from. None for a load
    /// that says nothing about it.
    func commands(for load: Load, seconds: Int) -> [Command]
}

/// Where everything is.
struct Surroundings {
    /// The executable that is measured.
    let needrecord: String
    let amqpURL: String
    let databaseURL: String
    let migrations: String
    /// A directory for journals and logs.
    let directory: String

    /// This benchmark.
    var own: String { CommandLine.arguments[0] }

    func url(ofDatabase name: String) throws -> String {
        guard var components = URLComponents(string: databaseURL) else {
            throw BenchmarkError("not a URL: \(databaseURL)")
        }
        components.path = "/" + name
        return components.string ?? databaseURL
    }

    /// Makes an empty database.
    func createDatabase(_ name: String) async throws {
        try await dropDatabase(name)
        let administrator = try await connect(to: databaseURL)
        try await administrator.execute("CREATE DATABASE \(identifier: name)")
        await administrator.close()
    }

    /// Removes a database, whoever uses it.
    func dropDatabase(_ name: String) async throws {
        let administrator = try await connect(to: databaseURL)
        try await administrator.execute("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
        await administrator.close()
    }

    /// Removes the queues and streams of an installation.
    func delete(_ topology: Topology) async throws {
        let connection = try await AMQPConnection.connect(AMQPConfiguration(url: amqpURL), logger: .benchmark)
        try await topology.delete(on: connection)
        await connection.close()
    }

    /// A connection to a database, as its owner.
    func connect(to url: String) async throws -> PostgresConnection {
        try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: .benchmark)
    }

    /// Removes the journals and logs.
    func removeDirectory() throws {
        try FileManager.default.removeItem(atPath: directory)
    }

    /// The command of the product that plays the platform.
    ///
    /// - Parameter streams: How many streams it asks about, in turn.
    func push(_ load: Load, seconds: Int, to url: String, streams: Int = 1_000) -> Command {
        var arguments = ["push", "--url", url, "--streams", "\(streams)", "--duration", "\(seconds)s"]
        arguments += ["--warm-up", "\(Load.warmUpMilliseconds)ms", "--output", "json"]
        switch load {
        case .closed(let connections): arguments += ["--connections", "\(connections)"]
        case .open(let rate, let isPoisson):
            arguments += ["--connections", "256", "--rate", "\(rate)"]
            if isPoisson { arguments.append("--poisson") }
        }
        return Command(executable: needrecord, arguments: arguments)
    }
}

extension Logger {
    /// Says what has failed, and nothing else.
    static var benchmark: Logger {
        var logger = Logger(label: "benchmark")
        logger.logLevel = .error
        return logger
    }
}

/// Waits until a program answers there.
func waitUntilReady(_ url: String) async throws {
    for _ in 0..<300 {
        let status = try Child.run("/usr/bin/curl", ["--silent", "--fail", "--max-time", "1", url], mayFail: true)
        if !status.isEmpty { return }
        try await Task.sleep(for: .milliseconds(100))
    }
    throw BenchmarkError("\(url) does not become ready")
}

/// A TCP port that nobody listens on.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
        }
    }
    guard isBound else { throw BenchmarkError("no free port: errno \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
}
