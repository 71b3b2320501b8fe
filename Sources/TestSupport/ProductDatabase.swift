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

    private static let template = NIOLockedValueBox<Task<ProductDatabase, any Error>?>(nil)

    /// Runs `body` with a database of its own, which is dropped afterwards.
    ///
    /// - Parameter isMigrated: Whether it has the product's schema.
    public static func with<Value>(
        isMigrated: Bool = true,
        _ body: (ProductDatabase) async throws -> Value
    ) async throws -> Value {
        let template = isMigrated ? try await migratedTemplate() : nil
        let database = try await create(from: template)
        do {
            let value = try await body(database)
            try await database.drop()
            return value
        } catch {
            try? await database.drop()
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
        let connection = try await PostgresConnection.connect(configuration(role: role), logger: Self.logger)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    private static func migratedTemplate() async throws -> ProductDatabase {
        try await template.withLockedValue { task in
            if let task { return task }
            let new = Task {
                let database = try await create(from: nil)
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
            task = new
            return new
        }.value
    }

    private static func create(from template: ProductDatabase?) async throws -> ProductDatabase {
        let name = "needrecord_test_\(String(UInt64.random(in: .min ... .max), radix: 36))"
        try await administer { connection in
            if let template {
                try await connection.execute(
                    "CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template.name)"
                )
            } else {
                try await connection.execute("CREATE DATABASE \(identifier: name)")
            }
        }
        var url = try require(URLComponents(string: TestEnvironment.databaseURL()))
        url.path = "/\(name)"
        return ProductDatabase(name: name, url: try require(url.string))
    }

    private func drop() async throws {
        let name = name
        try await Self.administer { connection in
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

    private static func administer(_ body: (PostgresConnection) async throws -> Void) async throws {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: TestEnvironment.databaseURL()),
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

    private static func require<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw TestFailure("the database URL cannot be read") }
        return value
    }
}
