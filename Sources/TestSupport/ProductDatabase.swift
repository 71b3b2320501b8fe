import BusinessState
import Foundation
public import Logging
import NIOConcurrencyHelpers
public import Postgres

/// A migrated database that one test has to itself.
///
/// The migrations run once for each test process, into a template; every database after that is a copy of it.
public struct ProductDatabase: Sendable {
    /// Its name.
    public let name: String
    /// Its URL, as the owner, who may act as every role.
    public let url: String

    /// Quiet, for connections of tests.
    public static let logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

    private static let templates = NIOLockedValueBox<[String: Task<ProductDatabase, any Error>]>([:])

    /// Runs `body` with a database of its own, which is dropped afterwards.
    ///
    /// - Parameters:
    ///   - isMigrated: Whether it has the product's schema.
    ///   - server: The URL of the server; nil for the single one of the tests.
    public static func with<Value>(
        isMigrated: Bool = true,
        server: String? = nil,
        _ body: (ProductDatabase) async throws -> Value
    ) async throws -> Value {
        let server = try server ?? TestEnvironment.databaseURL()
        let template = isMigrated ? try await migratedTemplate(on: server) : nil
        let database = try await create(from: template, on: server)
        do {
            let value = try await body(database)
            try await database.drop(from: server)
            return value
        } catch {
            try? await database.drop(from: server)
            throw error
        }
    }

    /// How to connect to it, as one of the product's roles.
    public func configuration(role: String? = nil) throws -> PostgresConfiguration {
        var configuration = try PostgresConfiguration(url: url)
        configuration.role = role
        configuration.applicationName = "needrecord tests"
        return configuration
    }

    /// Runs `body` with a connection to it.
    public func withConnection<Value>(
        role: String? = nil,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = try configuration(role: role)
        // Of a server that is slow at ending a statement nothing is to be concluded.
        configuration.timeoutGrace = .seconds(10)
        let connection = try await PostgresConnection.connect(configuration, logger: Self.logger)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    private static func migratedTemplate(on server: String) async throws -> ProductDatabase {
        try await templates.withLockedValue { tasks in
            if let task = tasks[server] { return task }
            let new = Task {
                let database = try await create(from: nil, on: server)
                try await database.withConnection { connection in
                    let files = try MigrationFile.load(directory: TestEnvironment.migrations)
                    try await Migrator(files: files, connection: connection).migrate()
                    for role in ["needrecord_worker", "needrecord_auditor", "needrecord_operator", "needrecord_reader"]
                    {
                        try await connection.execute("GRANT \(identifier: role) TO CURRENT_USER")
                    }
                }
                return database
            }
            tasks[server] = new
            return new
        }.value
    }

    private static func create(from template: ProductDatabase?, on server: String) async throws -> ProductDatabase {
        let name = "needrecord_test_\(String(UInt64.random(in: .min ... .max), radix: 36))"
        try await administer(server) { connection in
            if let template {
                try await connection.execute(
                    "CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template.name)"
                )
            } else {
                try await connection.execute("CREATE DATABASE \(identifier: name)")
            }
        }
        // Foundation cannot read a URL with several hosts.
        guard let match = server.firstMatch(of: /^(\w+:\/\/[^\/]*)\/[^?]*(.*)$/) else {
            throw TestFailure("the database URL cannot be read")
        }
        return ProductDatabase(name: name, url: "\(match.1)/\(name)\(match.2)")
    }

    private func drop(from server: String) async throws {
        let name = name
        try await Self.administer(server) { connection in
            // Not `WITH (FORCE)`, which is refused while autovacuum, a superuser, is at work there.
            try await connection.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = \(name) AND usename = session_user
                """
            )
            try await connection.execute("DROP DATABASE \(identifier: name)")
        }
    }

    private static func administer(_ server: String, _ body: (PostgresConnection) async throws -> Void) async throws {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: server),
            logger: logger
        )
        do {
            try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}
