import Testing

@testable import Postgres

@Suite struct PostgresStatementTests {
    @Test func `every type comes back as it was sent`() async throws {
        try await TestDatabase.withConnection { connection in
            func check<Value: PostgresEncodable & PostgresDecodable & Equatable>(
                _ value: Value,
                _ type: String,
                sourceLocation: SourceLocation = #_sourceLocation
            ) async throws {
                let rows = try await connection.query("SELECT \(value)::\(unescaped: type), NULL::\(unescaped: type)")
                let (back, null) = try #require(rows.first).decode((Value, Value?).self)
                #expect(back == value, sourceLocation: sourceLocation)
                #expect(null == nil, sourceLocation: sourceLocation)
            }
            try await check(true, "bool")
            try await check(false, "bool")
            try await check(Int16.min, "int2")
            try await check(Int32.max, "int4")
            try await check(Int64.min, "int8")
            try await check(Int.max, "int8")
            for number in [0, -0.1, 1e300, 2.5e-308, .infinity, -.infinity, .pi] { try await check(number, "float8") }
            for text in ["", "a", "\\N", "é😀\u{1}\u{7f}", "'\";\\", String(repeating: "ü", count: 100_000)] {
                try await check(text, "text")
                try await check(Array(text.utf8), "bytea")
                try await check([text, text], "text[]")
            }
            try await check(Array(0...255) as [UInt8], "bytea")
            try await check(["a", nil, "", "NULL", "{\"}"] as [String?], "text[]")
            try await check([1, nil, -3] as [Int?], "int4[]")
            try await check([Int64.min, .max], "int8[]")
            try await check([true, false], "bool[]")
            try await check([0.5, .infinity], "float8[]")
            try await check([] as [String], "text[]")
            try await check([[1, 2], []] as [[UInt8]], "bytea[]")
            try await check(PostgresJSON(#"{"a": [1, null]}"#), "jsonb")
            try await check([PostgresTimestamp(microsecondsSinceEpoch: 1)], "timestamptz[]")
            let days: [Int64] = [
                -210_866_803_200, -62_135_596_801, -1, 0, 951_868_799, 1_767_225_600, 9_223_371_331_199,
            ]
            for seconds in days {
                try await check(PostgresTimestamp(microsecondsSinceEpoch: seconds * 1_000_000 + 1), "timestamptz")
            }
            try await check(PostgresTimestamp.infinity, "timestamptz")
            try await check(PostgresTimestamp.negativeInfinity, "timestamptz")
        }
    }

    @Test func `the server counts timestamps as this side does`() async throws {
        try await TestDatabase.withConnection { connection in
            let row = try #require(
                try await connection.query(
                    "SELECT t, (extract(epoch FROM t) * 1000000)::int8 FROM (SELECT '2024-02-29 23:59:59.5+02'::timestamptz AS t) AS x"
                ).first
            )
            let (timestamp, microseconds) = try row.decode((PostgresTimestamp, Int64).self)
            #expect(timestamp.microsecondsSinceEpoch == microseconds)
        }
    }

    @Test func `rows and columns are found by place and by name`() async throws {
        try await TestDatabase.withConnection { connection in
            let rows = try await connection.query(
                "SELECT i AS id, CASE WHEN i > 1 THEN 'n' || i END AS name FROM generate_series(1, 3) AS i"
            )
            #expect(rows.count == 3)
            #expect(rows.affectedRows == 3)
            #expect(rows.columns == ["id", "name"])
            #expect(rows.map { $0["name"] } == [nil, "n2", "n3"])
            #expect(rows[2][0] == "3")
            #expect(rows[2][2] == nil)
            #expect(rows[0]["none"] == nil)
            #expect(try rows[1].decode(String.self, named: "name") == "n2")
            #expect(try rows[1].decode(Int.self, at: 0) == 2)
        }
    }

    @Test func `a value that does not fit names its column and not itself`() async throws {
        try await TestDatabase.withConnection { connection in
            let row = try #require(try await connection.query("SELECT 'secret' AS a, NULL::text AS b").first)
            let type = try await postgresError { try row.decode((Int, String?).self) }
            #expect(type.code == .decodingFailed)
            #expect(type.column == "a")
            #expect(!type.debugDescription.contains("secret"))
            #expect(try await postgresError { try row.decode((String, String).self) }.column == "b")
            #expect(try await postgresError { try row.decode(String.self) }.code == .decodingFailed)
            #expect(try await postgresError { try row.decode(Int.self, at: 9) }.code == .decodingFailed)
            #expect(try await postgresError { try row.decode(Int.self, named: "c") }.code == .decodingFailed)
        }
    }

    @Test func `the server's errors have their SQLSTATE and leave the connection good`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute(
                "CREATE TEMP TABLE t (id int PRIMARY KEY, n int CONSTRAINT positive CHECK (n > 0))"
            )
            try await connection.execute("INSERT INTO t VALUES (1, 1)")
            let cases: [(PostgresQuery, SQLState)] = [
                ("SELEC 1", .syntaxError), ("SELECT * FROM no_such_table", .undefinedTable),
                ("SELECT no_such_column FROM t", .undefinedColumn), ("SELECT 1 / \(0)::int", .divisionByZero),
                ("INSERT INTO t VALUES (\(1), 1)", .uniqueViolation),
                ("INSERT INTO t VALUES (2, \(-1))", .checkViolation),
                ("SELECT \("x")::int", .invalidTextRepresentation),
                ("SELECT 1; SELECT 2", .syntaxError),
            ]
            for (query, state) in cases {
                let error = try await postgresError { try await connection.query(query) }
                #expect(error.code == .server)
                #expect(error.sqlState == state)
            }
            let check = try await postgresError { try await connection.execute("INSERT INTO t VALUES (3, 0)") }
            #expect(check.constraint == "positive")
            #expect(check.table == "t")
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func `a statement is prepared once`() async throws {
        try await TestDatabase.withConnection { connection in
            for number in 1...5 {
                #expect(try await connection.query("SELECT \(number)::int + 1").first?[0] == "\(number + 1)")
            }
            let statements = try await connection.query("SELECT statement FROM pg_prepared_statements")
            #expect(statements.map { $0[0] }.filter { $0 == "SELECT $1::int + 1" }.count == 1)
        }
    }

    @Test func `old statements make room for new ones on the server too`() async throws {
        try await TestDatabase.withConnection {
            $0.preparedStatementLimit = 3
        } _: { connection in
            for number in 1...10 { try await connection.execute("SELECT \(unescaped: "\(number)")") }
            let count = try await connection.query("SELECT count(*) FROM pg_prepared_statements")
            #expect(try count.first?.decode(Int.self) == 3)
        }
    }

    @Test func `statements that the server forgot are prepared again`() async throws {
        try await TestDatabase.withConnection { connection in
            func ask() async throws -> String? { try await connection.query("SELECT \("x")::text").first?[0] }
            #expect(try await ask() == "x")
            try await connection.simpleQuery("DEALLOCATE ALL")
            #expect(try await ask() == "x")
            // Not seen from here: a function does it.
            try await connection.execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
            #expect(try await ask() == "x")
            try await connection.execute("DISCARD ALL")
            #expect(try await ask() == "x")
        }
    }

    @Test func `a changed table is read with its new columns`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (a int)")
            try await connection.execute("INSERT INTO t VALUES (1)")
            #expect(try await connection.query("SELECT * FROM t").columns == ["a"])
            try await connection.execute("ALTER TABLE t ADD COLUMN b int")
            #expect(try await connection.query("SELECT * FROM t").columns == ["a", "b"])
            // In a transaction it cannot be repeated: the failure has ended the transaction.
            _ = try await connection.query("SELECT * FROM t")
            let error = try await postgresError {
                try await connection.withTransaction { connection in
                    try await connection.execute("ALTER TABLE t ADD COLUMN c int")
                    _ = try await connection.query("SELECT * FROM t")
                }
            }
            #expect(error.sqlState == .featureNotSupported)
            #expect(try await connection.query("SELECT * FROM t").columns == ["a", "b"])
        }
    }

    @Test func `a pipeline is one transaction`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (id int PRIMARY KEY)")
            let results = try await connection.pipeline([
                "INSERT INTO t VALUES (\(1)), (\(2))", "SELECT id FROM t ORDER BY id", "INSERT INTO t VALUES (\(3))",
            ])
            #expect(results.map(\.affectedRows) == [2, 2, 1])
            #expect(try results[1].map { try $0.decode(Int.self) } == [1, 2])
            let error = try await postgresError {
                try await connection.pipeline([
                    "INSERT INTO t VALUES (\(4))", "INSERT INTO t VALUES (\(1))", "SELECT no_such_column",
                ])
            }
            #expect(error.sqlState == .uniqueViolation)
            #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "3")
            #expect(try await connection.pipeline([]).isEmpty)
        }
    }

    @Test func `a large pipeline does not block itself`() async throws {
        try await TestDatabase.withConnection { connection in
            let text = String(repeating: "x", count: 50_000)
            let results = try await connection.pipeline(Array(repeating: "SELECT \(text)", count: 200))
            #expect(results.count == 200)
            #expect(results.allSatisfy { $0[0][0] == text })
        }
    }

    @Test func `several statements without values run as one text`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.simpleQuery("CREATE TEMP TABLE t (id int); INSERT INTO t VALUES (1), (2); SELECT 1")
            #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "2")
            let error = try await postgresError {
                try await connection.simpleQuery("INSERT INTO t VALUES (3); SELECT no_such_column")
            }
            #expect(error.sqlState == .undefinedColumn)
            #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "2")
            try await connection.simpleQuery("VACUUM pg_catalog.pg_am")
            try await connection.simpleQuery("")
        }
    }

    @Test func `COPY without copyIn is refused`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (id int)")
            let simple = try await postgresError { try await connection.simpleQuery("COPY t FROM STDIN") }
            #expect(simple.code == .server)
            #expect(try await connection.query("SELECT 1").count == 1)
            let query = try await postgresError { try await connection.query("COPY t FROM STDIN") }
            #expect(query.code == .protocolViolation || query.code == .connectionLost)
            #expect(!connection.isUsable)
        }
    }

    @Test func `calls of many tasks do not mix`() async throws {
        try await TestDatabase.withConnection { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...200 {
                    group.addTask {
                        let rows = try await connection.query("SELECT \(number)::int, pg_backend_pid()")
                        let (back, _) = try #require(rows.first).decode((Int, Int32).self)
                        #expect(back == number)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a large result comes whole`() async throws {
        try await TestDatabase.withConnection { connection in
            let rows = try await connection.query("SELECT i, repeat('ab', 50) FROM generate_series(1, 20000) AS i")
            var sum = 0
            for row in rows {
                let (number, text) = try row.decode((Int, String).self)
                #expect(text.utf8.count == 100)
                sum += number
            }
            #expect(sum == 200_010_000)
        }
    }

    @Test func `a session that is terminated fails its call and all that wait`() async throws {
        try await TestDatabase.withConnection { observer in
            let connection = try await PostgresConnection.connect(
                try TestDatabase.configuration(),
                logger: TestDatabase.logger
            )
            let processID = await connection.backendProcessID
            async let running = postgresError { try await connection.query("SELECT pg_sleep(20)") }
            try await TestDatabase.eventually("it does not run") {
                let rows = try await observer.query(
                    "SELECT 1 FROM pg_stat_activity WHERE pid = \(processID) AND query LIKE '%pg_sleep%' AND state = 'active'"
                )
                return !rows.isEmpty
            }
            async let waiting = postgresError { try await connection.query("SELECT 1") }
            try await TestDatabase.eventually("it does not wait") { await connection.waiters.count == 2 }
            try await observer.execute("SELECT pg_terminate_backend(\(processID))")
            let error = try await running
            #expect(error.code == .connectionLost)
            #expect(error.sqlState == .adminShutdown, "\(error.debugDescription)")
            #expect(error.isRetriable)
            #expect(try await waiting.code == .connectionLost)
            #expect(!connection.isUsable)
        }
    }

    @Test func `a session that is terminated while idle is noticed`() async throws {
        try await TestDatabase.withConnection { observer in
            let connection = try await PostgresConnection.connect(
                try TestDatabase.configuration(),
                logger: TestDatabase.logger
            )
            try await observer.execute("SELECT pg_terminate_backend(\(await connection.backendProcessID))")
            try await TestDatabase.eventually("it is taken for usable") { !connection.isUsable }
            let error = try await postgresError { try await connection.query("SELECT 1") }
            #expect(error.code == .connectionLost)
            #expect(error.sqlState == .adminShutdown)
        }
    }
}
