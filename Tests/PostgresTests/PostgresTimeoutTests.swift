import Testing

@testable import Postgres

@Suite struct PostgresTimeoutTests {
    /// Runs on when the server cancels it, as a stuck server would: nothing comes before the client gives up.
    private let stubborn: PostgresQuery =
        "DO $$ BEGIN PERFORM pg_sleep(9); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(10); END $$"

    @Test func `the server ends a slow statement and the connection stays good`() async throws {
        try await TestDatabase.withConnection {
            $0.timeoutGrace = .seconds(10)
        } _: { connection in
            let error = try await postgresError {
                try await connection.query("SELECT pg_sleep(10)", timeout: .milliseconds(150))
            }
            #expect(error.code == .server)
            #expect(error.sqlState == .queryCanceled)
            #expect(connection.isUsable)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func `the timeout holds for simple queries and COPY too`() async throws {
        try await TestDatabase.withConnection {
            $0.timeoutGrace = .seconds(10)
        } _: { connection in
            let simple = try await postgresError {
                try await connection.simpleQuery("SELECT pg_sleep(10)", timeout: .milliseconds(100))
            }
            #expect(simple.sqlState == .queryCanceled)
            try await connection.simpleQuery(
                """
                CREATE FUNCTION pg_temp.slow() RETURNS trigger LANGUAGE plpgsql
                    AS 'BEGIN PERFORM pg_sleep(10); RETURN NEW; END';
                CREATE TEMP TABLE t (id int);
                CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pg_temp.slow();
                """
            )
            let copy = try await postgresError {
                try await connection.copyIn("t", columns: ["id"], rows: [["1"]], timeout: .milliseconds(100))
            }
            #expect(copy.sqlState == .queryCanceled)
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test func `when the server says nothing the client gives up and drops the connection`() async throws {
        try await TestDatabase.withConnection {
            $0.timeoutGrace = .seconds(2)
        } _: { connection in
            let start = ContinuousClock.now
            async let stuck = postgresError { try await connection.query(stubborn, timeout: .milliseconds(200)) }
            try await TestDatabase.eventually("it does not run") { await connection.exchange != nil }
            async let waiting = postgresError { try await connection.query("SELECT 1") }
            #expect(try await stuck.code == .timedOut)
            // The innocent one learns that the connection is gone, not that it was slow itself.
            #expect(try await waiting.code == .connectionLost)
            #expect(ContinuousClock.now - start < .seconds(8))
            #expect(!connection.isUsable)
        }
    }

    @Test func `a call that never gets its turn leaves the connection alone`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.withTransaction { inside in
                // Detached, so that it is no part of the transaction.
                let outsider = Task.detached {
                    try await postgresError { try await connection.query("SELECT 1", timeout: .milliseconds(50)) }
                }
                let error = try await outsider.value
                #expect(error.code == .timedOut)
                try await inside.execute("SELECT 1")
            }
            #expect(connection.isUsable)
        }
    }

    @Test func `a lock that is not to be had is named`() async throws {
        try await TestDatabase.withConnection { holder in
            try await TestDatabase.withConnection {
                $0.lockTimeout = .milliseconds(50)
            } _: { waiter in
                let key = Int64.random(in: 0...Int64.max)
                try await holder.withTransaction { holder in
                    try await holder.execute("SELECT pg_advisory_xact_lock(\(key)::int8)")
                    let error = try await postgresError {
                        try await waiter.execute("SELECT pg_advisory_xact_lock(\(key)::int8)")
                    }
                    #expect(error.sqlState == .lockNotAvailable)
                }
            }
        }
    }

    @Test func `a cancelled call in flight returns at once and its result is dropped`() async throws {
        try await TestDatabase.withConnection { connection in
            let task = Task { try await connection.query("SELECT pg_sleep(3)") }
            try await TestDatabase.eventually("it does not run") { await connection.exchange != nil }
            task.cancel()
            let error = try await postgresError { try await task.value }
            #expect(error.code == .cancelled)
            #expect(await connection.exchange != nil)
            #expect(connection.isUsable)
            #expect(try await connection.query("SELECT 'mine'").first?[0] == "mine")
        }
    }

    @Test func `a cancelled call that waits is never made`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (id int)")
            try await connection.withTransaction { inside in
                // Detached, so that it is no part of the transaction.
                let outsider = Task.detached { try await connection.execute("INSERT INTO t VALUES (1)") }
                try await TestDatabase.eventually("it does not wait") { await connection.waiters.count == 1 }
                outsider.cancel()
                let error = try await postgresError { try await outsider.value }
                #expect(error.code == .cancelled)
                try await inside.execute("SELECT 1")
            }
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }
}
