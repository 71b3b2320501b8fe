import AMQP
import DecisionCore
import Foundation
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Wire

/// A database and a declared topology for commands that need both.
struct BrokerStage: Sendable {
    let database: ProductDatabase
    let topology: Topology

    /// Runs `body` with a stage of its own.
    ///
    /// - Parameters:
    ///   - profile: What kind of queues.
    ///   - callbacksMaximumBytes: How much the callbacks stream keeps.
    static func with(
        profile: Topology.Profile = .classic,
        callbacksMaximumBytes: Int = Topology().callbacksMaximumBytes,
        _ body: (BrokerStage) async throws -> Void
    ) async throws {
        try await ProductDatabase.with { database in
            try await ProductBroker.withTopology { topology in
                var topology = topology
                topology.profile = profile
                topology.callbacksMaximumBytes = callbacksMaximumBytes
                try await ProductBroker.withConnection { try await topology.declare(on: $0) }
                try await body(BrokerStage(database: database, topology: topology))
            }
        }
    }

    /// Runs a command with the settings that lead here.
    func run(_ arguments: String...) async throws -> NeedRecordRun {
        try await run(arguments)
    }

    func run(_ arguments: [String]) async throws -> NeedRecordRun {
        try await NeedRecordRun.run(arguments, settings: settings)
    }

    /// Settings that lead here.
    var settings: [String: String] {
        get throws {
            var settings = try ServiceProcess.environment(database: database, namespace: topology.namespace)
            settings["NEEDRECORD_TOPOLOGY_PROFILE"] = topology.profile.rawValue
            return settings
        }
    }

    /// Publishes messages, and waits until the broker has them.
    func publish(_ messages: [AMQPMessage]) async throws {
        let outcomes = NIOLockedValueBox<[AMQPPublishOutcome]>([])
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            let publisher = try await channel.makePublisher(
                onOutcomes: { (batch: [(token: Int, outcome: AMQPPublishOutcome)]) in
                    outcomes.withLockedValue { $0 += batch.map(\.outcome) }
                }
            )
            for (index, message) in messages.enumerated() {
                publisher.publish(message, token: index)
                // The same id twice would be two on their way.
                try await eventually("the confirms") { outcomes.withLockedValue { $0.count } == index + 1 }
            }
        }
        let lost = outcomes.withLockedValue { $0.filter { $0 != .confirmed } }
        guard lost.isEmpty else { throw TestFailure("not taken: \(lost)") }
    }

    /// The messages of a queue that are ready, left where they are.
    func count(in queue: String) async throws -> Int {
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            return try await channel.declareQueue(AMQPQueue(name: queue), passive: true).messageCount
        }
    }
}
