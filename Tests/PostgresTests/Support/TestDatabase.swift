import Glibc
import Logging
import Testing

@testable import Postgres

/// The server that the tests run against.
enum TestDatabase {
    static let logger = Logger(label: "postgres-tests") { _ in SwiftLogNoOpLogHandler() }

    static func configuration(sourceLocation: SourceLocation = #_sourceLocation) throws -> PostgresConfiguration {
        var configuration = try PostgresConfiguration(url: url(sourceLocation: sourceLocation))
        configuration.applicationName = "postgres-tests"
        return configuration
    }

    /// The server's URL, with some of it changed.
    static func url(
        user: String? = nil,
        database: String? = nil,
        hostsBefore: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let url = try #require(
            getenv("NEEDRECORD_TEST_DATABASE_URL").map { String(cString: $0) },
            "NEEDRECORD_TEST_DATABASE_URL is not set; run `make test`, which starts the servers",
            sourceLocation: sourceLocation
        )
        // scheme://user:password@hosts/database?options
        let match = try #require(
            url.wholeMatch(of: /(postgres(?:ql)?:\/\/)(?:([^@\/]*)@)?([^\/?]*)(?:\/([^?]*))?(\?.*)?/),
            "NEEDRECORD_TEST_DATABASE_URL is no URI",
            sourceLocation: sourceLocation
        )
        let (scheme, login, hosts) = (match.1, user ?? match.2.map(String.init), match.3)
        let before = hostsBefore.map { "\($0)," } ?? ""
        return scheme + (login.map { "\($0)@" } ?? "") + before + hosts
            + "/" + (database ?? match.4.map(String.init) ?? "") + (match.5 ?? "")
    }

    static func withConnection<Value>(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = try configuration()
        change(&configuration)
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Lends the name of a new schema, for what several connections have to see.
    static func withSchema(_ body: (String) async throws -> Void) async throws {
        let schema = "postgres_tests_\(UInt64.random(in: 0...UInt64.max))"
        try await withConnection { connection in
            try await connection.execute("CREATE SCHEMA \(identifier: schema)")
            do {
                try await body(schema)
            } catch {
                _ = try? await connection.execute("DROP SCHEMA \(identifier: schema) CASCADE")
                throw error
            }
            try await connection.execute("DROP SCHEMA \(identifier: schema) CASCADE")
        }
    }

    /// Waits until `fact` holds, for at most ten seconds.
    static func eventually(
        _ comment: Comment,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ fact: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try await !fact() {
            try #require(ContinuousClock.now < deadline, comment, sourceLocation: sourceLocation)
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// Runs `body` and returns the error of this module that it must throw.
func postgresError<Value>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async throws -> PostgresError {
    do {
        _ = try await body()
    } catch let error as PostgresError {
        return error
    }
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    throw NothingThrown()
}

struct NothingThrown: Error {}
