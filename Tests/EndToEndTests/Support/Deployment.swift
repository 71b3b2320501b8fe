import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing
import Wire

/// An installation that one test has to itself: a namespace on the broker, a migrated database, and the processes that
/// the test starts on them.
struct Deployment: Sendable {
    /// What a process runs.
    enum Role: String {
        case serve
        case gateway
        case worker
        case auditor
    }

    /// What stands on the broker.
    let topology: Topology
    /// How long its gateways may take to answer.
    var answerBudget: Duration { topology.answerBudget }
    /// The business state.
    let database: ProductDatabase

    private let amqpURL: String
    private let processes = NIOLockedValueBox<[ServiceProcess]>([])

    /// Runs `body` with an installation; its processes, queues and database are gone afterwards.
    ///
    /// - Parameters:
    ///   - isMigrated: Whether its database has the product's schema.
    ///   - broker: The broker's URL; nil for the single server of the tests.
    ///   - databaseServer: The database server's URL; nil for the single server of the tests.
    static func with(
        answerBudget: Duration = .seconds(4),
        profile: Topology.Profile = .classic,
        isMigrated: Bool = true,
        broker: String? = nil,
        databaseServer: String? = nil,
        _ body: (Deployment) async throws -> Void
    ) async throws {
        let broker = try broker ?? TestEnvironment.amqpURL()
        try await ProductDatabase.with(isMigrated: isMigrated, server: databaseServer) { database in
            try await ProductBroker.withTopology(
                answerBudget: answerBudget,
                profile: profile,
                url: broker
            ) { topology in
                let deployment = Deployment(topology: topology, database: database, amqpURL: broker)
                do {
                    try await body(deployment)
                } catch {
                    try await deployment.end()
                    throw error
                }
                try await deployment.end()
            }
        }
    }

    private init(topology: Topology, database: ProductDatabase, amqpURL: String) {
        self.amqpURL = amqpURL
        self.topology = topology
        self.database = database
    }

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - settings: Environment variables on top of those of the installation.
    ///   - isAwaited: Whether to wait until all its parts are there.
    func start(
        _ role: Role,
        settings: [String: String] = [:],
        isAwaited: Bool = true
    ) async throws -> ServiceProcess {
        let service = try ServiceProcess.start([role.rawValue], environment: environment.merging(settings) { $1 })
        processes.withLockedValue { $0.append(service) }
        if isAwaited { try await service.waitUntilReady() }
        return service
    }

    /// Runs a command to its end.
    ///
    /// - Returns: What it printed.
    @discardableResult
    func run(_ arguments: String...) async throws -> String {
        try await run(arguments)
    }

    /// Runs a command to its end.
    ///
    /// - Returns: What it printed.
    @discardableResult
    func run(_ arguments: [String]) async throws -> String {
        let output = try await output(of: arguments)
        guard output.status == 0 else { throw TestFailure("\(arguments) ended with \(output.status): \(output.text)") }
        return output.text
    }

    /// Runs a command to its end, however it ends.
    func output(of arguments: [String]) async throws -> (status: Int32, text: String) {
        try await ChildProcess.run(TestEnvironment.executable(), arguments, environment: environment)
    }

    /// A rule that records everything.
    func recordEverything() async throws {
        try await run("rules", "add", "--record", "--format", "mp4", "--interval", "mp4=300")
    }

    /// What processes of the installation have in their environment.
    var environment: [String: String] {
        get throws {
            try ServiceProcess.environment(database: database, namespace: topology.namespace).merging([
                "NEEDRECORD_AMQP_URL": amqpURL,
                "NEEDRECORD_TOPOLOGY_PROFILE": topology.profile.rawValue,
                "NEEDRECORD_ANSWER_BUDGET": "\(topology.answerBudget.milliseconds)ms",
                "NEEDRECORD_HTTP_HOST": "127.0.0.1",
            ]) { $1 }
        }
    }

    /// A process that is alive while its queues are deleted would declare them again.
    private func end() async throws {
        for service in processes.withLockedValue({ $0 }) {
            try await service.kill()
        }
    }
}
