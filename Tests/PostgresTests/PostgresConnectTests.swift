import Testing

@testable import Postgres

@Suite struct PostgresConnectTests {
    private func connect(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection {
        try await PostgresConnection.connect(configuration, logger: TestDatabase.logger)
    }

    @Test func `a session is in UTF-8 and UTC with its limits set`() async throws {
        try await TestDatabase.withConnection { configuration in
            configuration.statementTimeout = .seconds(12)
            configuration.lockTimeout = .milliseconds(1500)
            configuration.idleInTransactionTimeout = nil
        } _: { connection in
            #expect(connection.isUsable)
            #expect(await connection.serverVersion >= 100_000)
            #expect(await connection.parameterStatus("client_encoding") == "UTF8")
            #expect(await connection.parameterStatus("no such setting") == nil)
            #expect(await connection.inTransaction == false)
            let names = [
                "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone",
                "application_name",
            ]
            let rows = try await connection.query(
                "SELECT current_setting(name) FROM unnest(\(names)::text[]) WITH ORDINALITY AS n(name, i) ORDER BY i"
            )
            #expect(try rows.map { try $0.decode(String.self) } == ["12s", "1500ms", "0", "UTC", "postgres-tests"])
        }
    }

    @Test func `a session has its own settings, whatever characters are in their values`() async throws {
        let settings = ["enable_seqscan": "off", "jit": "off", "search_path": "it's, \"a \"\" b\"", "work_mem": "5MB"]
        try await TestDatabase.withConnection {
            $0.sessionSettings = settings
        } _: { connection in
            for (name, value) in settings {
                let isSet = try await connection.query("SELECT current_setting(\(name))").first?[0]
                #expect(isSet == value)
            }
            // They are the session's, not a transaction's.
            try await connection.simpleQuery("BEGIN; ROLLBACK")
            #expect(try await connection.query("SELECT current_setting('jit')").first?[0] == "off")
        }
    }

    @Test(arguments: [["no_such_setting": "1"], ["enable_seqscan": "perhaps"], ["block_size": "1"]])
    func `a setting that the server refuses is an error of the server, not of the role`(settings: [String: String])
        async throws
    {
        var configuration = try TestDatabase.configuration()
        configuration.sessionSettings = settings
        configuration.role = "postgres_tests_nobody"
        let error = try await postgresError { try await connect(configuration) }
        #expect(error.code == .server)
        #expect(error.sqlState != nil)
    }

    @Test func `a session that acts as a role and has settings has the statement timeout, not that of connecting`()
        async throws
    {
        // Everybody may act as himself.
        let login = try await TestDatabase.withConnection { connection in
            try await connection.query("SELECT current_user::text").first?[0]
        }
        try await TestDatabase.withConnection { configuration in
            configuration.connectTimeout = .seconds(2)
            configuration.statementTimeout = .seconds(12)
            configuration.role = login
            configuration.sessionSettings = ["jit": "off"]
        } _: { connection in
            let timeout = try await connection.query("SELECT current_setting('statement_timeout')").first?[0]
            #expect(timeout == "12s")
        }
    }

    @Test func `Kerberos is not asked for encryption, unless the URL says so`() async throws {
        let url = try TestDatabase.url()
        let configuration = try PostgresConfiguration(url: url + (url.contains("?") ? "&" : "?") + "gssencmode=require")
        let error = try await postgresError { try await connect(configuration) }
        #expect(error.debugDescription.contains("GSS"), "\(error.debugDescription)")
    }

    @Test func `a refused connection is an error`() async throws {
        let configuration = try PostgresConfiguration(url: "postgresql://nobody:secret@127.0.0.1:1/none")
        let error = try await postgresError { try await connect(configuration) }
        #expect(error.code == .connectFailed)
        #expect(error.isRetriable)
        #expect(!error.debugDescription.contains("secret"))
    }

    @Test func `an unknown user is an authentication error`() async throws {
        let url = try TestDatabase.url(user: "postgres_tests_nobody:wrong")
        let error = try await postgresError { try await connect(try PostgresConfiguration(url: url)) }
        #expect(error.code == .authenticationFailed)
        #expect(error.sqlState?.errorClass == "28")
        #expect(!error.isRetriable)
    }

    @Test func `a wrong password is an authentication error that does not show it`() async throws {
        let login = try #require(try TestDatabase.url().firstMatch(of: /\/\/([^:@]+):/)).1
        let url = try TestDatabase.url(user: "\(login):a-wrong-password")
        let error = try await postgresError { try await connect(try PostgresConfiguration(url: url)) }
        #expect(error.code == .authenticationFailed)
        #expect(error.sqlState?.errorClass == "28")
        #expect(!error.isRetriable)
        #expect(!error.debugDescription.contains("a-wrong-password"))
    }

    @Test func `an unknown database is named by its SQLSTATE`() async throws {
        let url = try TestDatabase.url(database: "postgres_tests_none")
        let error = try await postgresError { try await connect(try PostgresConfiguration(url: url)) }
        #expect(error.code == .connectFailed)
        #expect(error.sqlState == .invalidCatalogName)
        #expect(!error.isRetriable)
    }

    @Test func `a host that refuses is passed over`() async throws {
        let url = try TestDatabase.url(hostsBefore: "127.0.0.1:1")
        let connection = try await connect(try PostgresConfiguration(url: url))
        #expect(try await connection.query("SELECT 1").count == 1)
        await connection.close()
    }

    @Test func `a host that takes the connection and stays silent is passed over`() async throws {
        let silent = try SilentServer()
        let url = try TestDatabase.url(hostsBefore: "127.0.0.1:\(silent.port)")
        var configuration = try PostgresConfiguration(url: url)
        configuration.connectTimeout = .seconds(2)
        let connection = try await connect(configuration)
        #expect(try await connection.query("SELECT 1").count == 1)
        await connection.close()
    }

    @Test func `a silent host has only its time`() async throws {
        let silent = try SilentServer()
        var configuration = try PostgresConfiguration(url: "postgresql://u@127.0.0.1:\(silent.port)/d")
        configuration.connectTimeout = .milliseconds(100)
        let start = ContinuousClock.now
        let error = try await postgresError { try await connect(configuration) }
        #expect(error.code == .connectFailed)
        #expect(error.isRetriable)
        #expect(ContinuousClock.now - start < .seconds(8))
    }

    @Test func `connecting can be cancelled`() async throws {
        let silent = try SilentServer()
        let configuration = try PostgresConfiguration(url: "postgresql://u@127.0.0.1:\(silent.port)/d")
        let task = Task { try await connect(configuration) }
        task.cancel()
        #expect(try await postgresError { try await task.value }.code == .cancelled)
    }

    @Test func `the session has the role's rights and no others`() async throws {
        let role = "postgres_tests_\(UInt64.random(in: 0...UInt64.max))"
        try await TestDatabase.withSchema { schema in
            try await TestDatabase.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    CREATE TABLE "\(schema)".seen (id int);
                    CREATE TABLE "\(schema)".hidden (id int);
                    CREATE ROLE "\(role)";
                    GRANT "\(role)" TO CURRENT_USER;
                    GRANT USAGE ON SCHEMA "\(schema)" TO "\(role)";
                    GRANT SELECT ON "\(schema)".seen TO "\(role)";
                    """
                )
                try await TestDatabase.withConnection {
                    $0.role = role
                } _: { connection in
                    #expect(try await connection.query("SELECT current_user::text").first?[0] == role)
                    let seen = PostgresIdentifier(schema: schema, "seen")
                    #expect(try await connection.query("SELECT id FROM \(seen)").isEmpty)
                    let write = try await postgresError { try await connection.execute("DELETE FROM \(seen)") }
                    #expect(write.sqlState == .insufficientPrivilege)
                    let hidden = PostgresIdentifier(schema: schema, "hidden")
                    let read = try await postgresError { try await connection.query("SELECT id FROM \(hidden)") }
                    #expect(read.sqlState == .insufficientPrivilege)
                }
                try await owner.simpleQuery("DROP OWNED BY \"\(role)\"; DROP ROLE \"\(role)\"")
            }
        }
    }

    @Test func `a role that does not exist is refused by name`() async throws {
        var configuration = try TestDatabase.configuration()
        configuration.role = "postgres_tests_nobody"
        let error = try await postgresError { try await connect(configuration) }
        #expect(error.code == .roleRefused)
        #expect(error.sqlState != nil)
        #expect(!error.isRetriable)
    }

    @Test func `a closed connection says so`() async throws {
        let connection = try await connect(try TestDatabase.configuration())
        await connection.close()
        #expect(!connection.isUsable)
        #expect(await connection.serverVersion == 0)
        let error = try await postgresError { try await connection.query("SELECT 1") }
        #expect(error.code == .connectionClosed)
        await connection.close()
    }

    @Test func `a connection that nobody keeps ends its session`() async throws {
        try await TestDatabase.withConnection { observer in
            let processID = try await connect(try TestDatabase.configuration()).backendProcessID
            try await TestDatabase.eventually("the session goes on") {
                try await observer.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(processID)").isEmpty
            }
        }
    }
}
