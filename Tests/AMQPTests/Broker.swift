import AMQP
import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing

/// The broker the tests run against.
enum Broker {
    static let logger = Logger(label: "amqp-tests") { _ in SwiftLogNoOpLogHandler() }

    static func configuration() throws -> AMQPConfiguration {
        let url = ProcessInfo.processInfo.environment["NEEDRECORD_TEST_AMQP_URL"]
        return try AMQPConfiguration(
            url: try #require(url, "NEEDRECORD_TEST_AMQP_URL is not set: run these tests with `make test`")
        )
    }

    static func connect(_ change: (inout AMQPConfiguration) -> Void = { _ in }) async throws -> AMQPConnection {
        var configuration = try configuration()
        configuration.connectionName = "amqp-tests"
        change(&configuration)
        return try await AMQPConnection.connect(configuration, logger: logger)
    }

    /// Runs `body` with a connection that is closed afterwards.
    static func withConnection(
        _ change: (inout AMQPConfiguration) -> Void = { _ in },
        _ body: (AMQPConnection) async throws -> Void
    ) async throws {
        let connection = try await connect(change)
        do {
            try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Runs `body` with a channel of a connection of its own.
    static func withChannel(_ body: (AMQPChannel) async throws -> Void) async throws {
        try await withConnection { try await body($0.openChannel()) }
    }

    /// A queue name that no other test has.
    static func uniqueName(_ purpose: String) -> String {
        "amqp-tests.\(purpose).\(UInt64.random(in: 0...UInt64.max))"
    }

    /// Runs the broker's administration tool, and returns what it printed.
    @discardableResult
    static func control(_ arguments: String...) async throws -> String {
        let tool = try #require(
            ProcessInfo.processInfo.environment["NEEDRECORD_TEST_RABBITMQCTL"],
            "NEEDRECORD_TEST_RABBITMQCTL is not set: run these tests with `make test`"
        )
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        return try await withCheckedThrowingContinuation { continuation in
            // The output is short: it fits in the pipe, so it can be read when the process has ended.
            process.terminationHandler = { process in
                let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
                if process.terminationStatus == 0 {
                    continuation.resume(returning: text)
                } else {
                    continuation.resume(throwing: ControlError(output: text))
                }
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }

    private struct ControlError: Error {
        let output: String
    }
}

/// Collects what callbacks bring, and lets a test wait for it.
final class Collector<Element: Sendable>: Sendable {
    private let batches = NIOLockedValueBox<[[Element]]>([])

    func append(_ batch: [Element]) {
        batches.withLockedValue { $0.append(batch) }
    }

    func append(_ element: Element) { append([element]) }

    var elements: [Element] { batches.withLockedValue { Array($0.joined()) } }

    var batchCount: Int { batches.withLockedValue { $0.count } }

    /// Waits until there are at least `count` elements, and returns all.
    func wait(
        for count: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Element] {
        try await eventually("\(count) elements", sourceLocation: sourceLocation) { elements.count >= count }
        return elements
    }
}

/// Waits until `condition` holds, and fails when it does not within twenty seconds.
func eventually(
    _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "waited in vain for \(what)", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// The error that `body` throws.
func amqpError(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws -> AMQPError {
    try #require(
        await #expect(throws: AMQPError.self, sourceLocation: sourceLocation) { try await body() },
        sourceLocation: sourceLocation
    )
}
