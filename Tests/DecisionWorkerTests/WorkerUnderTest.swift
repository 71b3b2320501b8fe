import AMQP
import BusinessState
import DecisionCore
import DecisionWorker
import Foundation
import Logging
import NIOConcurrencyHelpers
import Postgres
import ServiceLifecycle
import TestSupport
import Wire

/// A worker at work on real servers, and a gateway's side of the conversation with it.
struct WorkerUnderTest: Sendable {
    let worker: DecisionWorker
    let topology: Topology
    let gateway: GatewaySide
    /// What the broker knows the worker's connection by.
    let connectionName: String
    /// The threads on which the worker has looked at the clock, which it does to decide.
    let clockThreads = NIOLockedValueBox<[Thread]>([])
    private let group: ServiceGroup

    /// A thread of this process.
    struct Thread: Hashable {
        let name: String
        let path: String

        static var current: Thread {
            let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
            let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            return Thread(name: name?.trimmingCharacters(in: .newlines) ?? "", path: path ?? "")
        }
    }

    /// Where the worker reads.
    enum State: Sendable {
        /// In a database of the test, as a role.
        case database(ProductDatabase, role: String = "needrecord_worker")
        /// Where nobody listens.
        case closedPort
    }

    /// Runs `body` with a worker that has begun to consume; afterwards it is stopped as by SIGTERM.
    static func run(
        on state: State,
        prefetch: UInt16 = 256,
        stateGrace: Duration = .seconds(20),
        replyReserve: Duration = WorkerConfiguration().replyReserve,
        body: (WorkerUnderTest) async throws -> Void
    ) async throws {
        // The broker is not to expire anything while a test holds the worker up.
        try await ProductBroker.withTopology(answerBudget: .seconds(60)) { topology in
            let pool = try PostgresPool(
                configuration: configuration(of: state),
                size: 1,
                logger: ProductDatabase.logger
            )
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                let gateway = try await GatewaySide(topology: topology, connection: connection)
                var configuration = WorkerConfiguration()
                configuration.name = "worker-1"
                configuration.prefetch = prefetch
                configuration.stateGrace = stateGrace
                configuration.replyReserve = replyReserve
                let test = try WorkerUnderTest(configuration, topology: topology, pool: pool, gateway: gateway)
                try await withThrowingTaskGroup { tasks in
                    tasks.addTask { try await test.group.run() }
                    try await eventually("the worker to consume") { test.worker.isConsuming }
                    try await body(test)
                    await test.group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
            }
            await pool.close()
        }
    }

    private init(
        _ configuration: WorkerConfiguration,
        topology: Topology,
        pool: PostgresPool,
        gateway: GatewaySide
    ) throws {
        var amqp = try ProductBroker.configuration()
        amqp.connectionName = "worker-\(topology.namespace)"
        connectionName = amqp.connectionName
        worker = DecisionWorker(
            configuration: configuration,
            topology: topology,
            amqp: amqp,
            database: pool,
            now: { [clockThreads] in
                clockThreads.withLockedValue { $0.append(.current) }
                return .now()
            },
            logger: ProductDatabase.logger
        )
        group = ServiceGroup(services: [worker], logger: ProductDatabase.logger)
        self.topology = topology
        self.gateway = gateway
    }

    /// Tells the worker to stop, as SIGTERM does, and waits until it has.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await eventually("the worker to stop") { !worker.isConsuming }
    }

    private static func configuration(of state: State) throws -> PostgresConfiguration {
        switch state {
        case .database(let database, let role):
            var configuration = try database.configuration(role: role)
            configuration.sessionSettings = FactsReader.sessionSettings
            return configuration
        case .closedPort:
            var configuration = try PostgresConfiguration(url: "postgresql://nobody@127.0.0.1:1/nothing")
            configuration.connectTimeout = .milliseconds(200)
            return configuration
        }
    }
}
