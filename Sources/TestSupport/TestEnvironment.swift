public import Foundation

/// What `make test` tells the tests: where the servers are, and the executable.
public enum TestEnvironment {
    /// The broker, with full permissions in its virtual host.
    public static func amqpURL() throws -> String { try value("NEEDRECORD_TEST_AMQP_URL") }

    /// The broker's port for TLS.
    public static func amqpsPort() throws -> Int {
        let text = try value("NEEDRECORD_TEST_AMQPS_PORT")
        guard let port = Int(text) else { throw TestFailure("NEEDRECORD_TEST_AMQPS_PORT is \(text)") }
        return port
    }

    /// The folder with `authority.pem`, who signs the servers' certificates.
    public static func certificates() throws -> String { try value("NEEDRECORD_TEST_TLS") }

    /// The database server, as a login that may create databases and roles.
    public static func databaseURL() throws -> String { try value("NEEDRECORD_TEST_DATABASE_URL") }

    /// The nodes of a cluster of brokers, with full permissions in its virtual host.
    public static func clusterAMQPURL() throws -> String {
        try value("NEEDRECORD_TEST_CLUSTER_AMQP_URL", from: "deploy/local/stack up-cluster")
    }

    /// A primary database server and its standby, of which the one that takes writes is chosen.
    public static func clusterDatabaseURL() throws -> String {
        try value("NEEDRECORD_TEST_CLUSTER_DATABASE_URL", from: "deploy/local/stack up-cluster")
    }

    /// The executable under test.
    public static func executable() throws -> URL {
        URL(fileURLWithPath: try value("NEEDRECORD_TEST_EXECUTABLE"))
    }

    /// The script that starts and stops the servers.
    public static func stack() throws -> URL { URL(fileURLWithPath: try value("NEEDRECORD_TEST_STACK")) }

    /// The broker's administration tool.
    public static func rabbitmqctl() throws -> URL { URL(fileURLWithPath: try value("NEEDRECORD_TEST_RABBITMQCTL")) }

    /// The root of the checkout.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The migrations of the checkout.
    public static var migrations: String { root.appendingPathComponent("migrations").path }

    private static func value(_ name: String, from command: String = "make test") throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw TestFailure("\(name) is not set: it comes with the servers that `\(command)` starts")
        }
        return value
    }
}

/// Why a test cannot go on.
public struct TestFailure: Error, CustomStringConvertible {
    /// The fault in words.
    public let description: String

    /// Describes it.
    public init(_ description: String) {
        self.description = description
    }
}

/// Waits until a fact holds.
///
/// - Throws: ``TestFailure`` when it does not in time.
public func eventually(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(20),
    _ fact: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !fact() {
        guard ContinuousClock.now < deadline else { throw TestFailure("waited \(limit) in vain for \(what())") }
        try await Task.sleep(for: .milliseconds(2))
    }
}
