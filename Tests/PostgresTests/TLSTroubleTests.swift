import Foundation
import Testing

@testable import Postgres

/// Sessions over TLS, with a server whose certificate is for `localhost`. While it runs, the server speaks TLS with
/// whoever wants it.
@Suite(.timeLimit(.minutes(1))) struct TLSTroubleTests {
    private static func environment(_ name: String) throws -> String {
        try #require(ProcessInfo.processInfo.environment[name], "\(name) is not set: run these tests with `make test`")
    }

    private static func psql(_ statement: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try environment("NEEDRECORD_TEST_STACK"))
        process.arguments = ["psql", "-X", "-q", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", statement]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private static func whileSpeakingTLS(_ body: () async throws -> Void) async throws {
        func set(_ value: String) async throws {
            try psql("ALTER SYSTEM SET ssl = \(value)")
            try psql("SELECT pg_reload_conf()")
            try await TestDatabase.eventually("ssl = \(value)") {
                try await TestDatabase.withConnection { connection in
                    try await connection.query("SHOW ssl")[0].decode(String.self) == value
                }
            }
        }
        try await set("on")
        do {
            try await body()
        } catch {
            try await set("off")
            throw error
        }
        try await set("off")
    }

    private static func connect(_ host: String, _ parameters: String) async throws -> String {
        let url = try #require(URLComponents(string: try environment("NEEDRECORD_TEST_DATABASE_URL")))
        var changed = url
        changed.host = host
        changed.percentEncodedQuery = parameters
        let configuration = try PostgresConfiguration(url: try #require(changed.string))
        let connection = try await PostgresConnection.connect(configuration, logger: TestDatabase.logger)
        let version = try await connection.query(
            "SELECT coalesce(version, 'none') FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )[0].decode(String.self)
        await connection.close()
        return version
    }

    @Test func `Who the server is can be verified, and is refused when it is not`() async throws {
        let directory = try Self.environment("NEEDRECORD_TEST_TLS")
        let (authority, stranger) = ("sslrootcert=\(directory)/authority.pem", "sslrootcert=\(directory)/stranger.pem")
        // A server without TLS is refused, too.
        var error = try await postgresError {
            _ = try await Self.connect("localhost", "sslmode=verify-full&\(authority)")
        }
        #expect(error.code == .connectFailed)
        try await Self.whileSpeakingTLS {
            let version = try await Self.connect("localhost", "sslmode=verify-full&\(authority)")
            #expect(version == "TLSv1.3")
            let floor = try await Self.connect(
                "localhost",
                "sslmode=verify-full&ssl_max_protocol_version=TLSv1.2&\(authority)"
            )
            #expect(floor == "TLSv1.2")
            error = try await postgresError {
                _ = try await Self.connect("localhost", "sslmode=verify-full&\(stranger)")
            }
            #expect(error.code == .connectFailed)
            error = try await postgresError {
                _ = try await Self.connect("127.0.0.1", "sslmode=verify-full&\(authority)")
            }
            #expect(error.code == .connectFailed)
            #expect(try await Self.connect("127.0.0.1", "sslmode=verify-ca&\(authority)") == "TLSv1.3")
        }
    }
}
