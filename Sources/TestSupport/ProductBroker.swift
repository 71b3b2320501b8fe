public import AMQP
import Foundation
import Logging
public import Wire

/// A topology of its own on the broker of the tests.
public enum ProductBroker {
    /// How to connect.
    ///
    /// - Parameter url: The broker's; nil for the single server of the tests.
    public static func configuration(url: String? = nil) throws -> AMQPConfiguration {
        try AMQPConfiguration(url: url ?? TestEnvironment.amqpURL())
    }

    /// Runs `body` with a topology that nobody else has; what was declared of it is deleted afterwards.
    public static func withTopology<Value>(
        answerBudget: Duration = .seconds(4),
        profile: Topology.Profile = .classic,
        url: String? = nil,
        _ body: (Topology) async throws -> Value
    ) async throws -> Value {
        let topology = Topology(
            namespace: "test-\(String(UInt64.random(in: .min ... .max), radix: 36))",
            profile: profile,
            answerBudget: answerBudget
        )
        do {
            let value = try await body(topology)
            try await withConnection(url: url) { try await topology.delete(on: $0) }
            return value
        } catch {
            try? await withConnection(url: url) { try await topology.delete(on: $0) }
            throw error
        }
    }

    /// Runs `body` with a connection.
    ///
    /// - Parameter url: The broker's; nil for the single server of the tests.
    public static func withConnection<Value>(
        url: String? = nil,
        _ body: (AMQPConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await AMQPConnection.connect(configuration(url: url), logger: ProductDatabase.logger)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Runs the broker's administration tool.
    ///
    /// - Returns: What it printed.
    @discardableResult
    public static func control(_ arguments: String...) async throws -> String {
        let output = try await ChildProcess.run(TestEnvironment.rabbitmqctl(), arguments)
        guard output.status == 0 else { throw TestFailure("rabbitmqctl \(arguments): \(output.text)") }
        return output.text
    }

    /// Runs `body` while the broker is short of memory, as it finds itself to be.
    public static func whileShortOfMemory(_ body: () async throws -> Void) async throws {
        try await control("set_vm_memory_high_watermark", "0.0000001")
        do {
            try await body()
        } catch {
            try await control("set_vm_memory_high_watermark", "0.4")
            throw error
        }
        try await control("set_vm_memory_high_watermark", "0.4")
    }

    /// Has the broker close the connection that carries this name, as an operator would.
    public static func closeConnection(named name: String) async throws {
        let connections = try await control("list_connections", "pid", "client_properties")
        let lines = connections.split(separator: "\n").filter { $0.contains("\"\(name)\"") }
        guard lines.count == 1, let process = lines[0].split(separator: "\t").first else {
            throw TestFailure("\(lines.count) connections are named \(name)")
        }
        try await control("close_connection", String(process), "for a test")
    }
}
