import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

/// Every process may do its own job only.
struct LeastPrivilegeEndToEndTests {
    @Test func `A worker acts as its role, whatever else its login may do`() async throws {
        try await Deployment.with(isMigrated: false) { deployment in
            try await withLogin(on: deployment.database) { login, url in
                let migrations = TestEnvironment.migrations
                let printed = try await deployment.run("migrate", "--migrations", migrations, "--grant", login)
                #expect(printed.contains("\(login) may act as worker, auditor, operator and reader"))
                let service = try await deployment.start(.serve, settings: ["NEEDRECORD_DATABASE_URL": url])
                try await deployment.recordEverything()
                #expect(try await service.ask(.example).text == DocumentedAnswer.record)

                try await deployment.database.withConnection { owner in
                    let sessions = try await owner.query(
                        """
                        SELECT DISTINCT usename::text FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name LIKE 'needrecord worker %'
                        """
                    )
                    #expect(try sessions.map { try $0.decode(String.self, at: 0) } == [login])

                    // The login could still read as operator or reader; the worker cannot.
                    try await owner.execute("REVOKE SELECT ON needrecord.rules FROM needrecord_worker")
                    #expect(try await service.ask(.example).text == DocumentedAnswer.doNotRecord)
                    #expect(try await service.settledCounters().fallbacks == [.stateUnavailable: 1])
                    try await owner.execute("GRANT SELECT ON needrecord.rules TO needrecord_worker")
                    #expect(try await service.ask(.example).text == DocumentedAnswer.record)
                }
            }
        }
    }

    @Test func `The role of the worker cannot write`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_worker") { connection in
                for statement: PostgresQuery in [
                    "INSERT INTO needrecord.rules (effect) VALUES ('record')",
                    "UPDATE needrecord.rules SET effect = 'record'",
                    "DELETE FROM needrecord.rules",
                    "UPDATE needrecord.rule_revision SET revision = 0",
                    "SELECT * FROM needrecord.rule_versions",
                ] {
                    let error = await #expect(throws: PostgresError.self) { try await connection.execute(statement) }
                    #expect(error?.sqlState == .insufficientPrivilege)
                }
            }
        }
    }

    @Test func `A gateway needs no database`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            _ = try await deployment.start(.worker)
            // Port 1 is reserved, and nothing listens there.
            let nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
            let gateway = try await deployment.start(.gateway, settings: ["NEEDRECORD_DATABASE_URL": nowhere])
            #expect(try await gateway.ask(.example).text == DocumentedAnswer.record)
        }
    }

    /// Runs `body` with a login role that may do nothing yet, and the URL of the database for it.
    private func withLogin(
        on database: ProductDatabase,
        _ body: (_ login: String, _ url: String) async throws -> Void
    ) async throws {
        let login = "\(database.name)_login"
        var url = try #require(URLComponents(string: database.url))
        url.user = login
        url.password = "secret"
        let text = try #require(url.string)
        try await database.withConnection { owner in
            try await owner.execute("CREATE ROLE \(identifier: login) LOGIN PASSWORD 'secret'")
            do {
                try await body(login, text)
            } catch {
                _ = try? await owner.execute("DROP ROLE \(identifier: login)")
                throw error
            }
            try await owner.execute("DROP ROLE \(identifier: login)")
        }
    }
}
