import Testing

@testable import Postgres

@Suite struct PostgresTransactionTests {
    private struct Refused: Error {}

    /// Lends a connection with an empty temporary table `t (id int PRIMARY KEY)`.
    private func withTable(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (id int PRIMARY KEY)")
            try await body(connection)
        }
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT id FROM t").count
    }

    @Test func `a body that returns is committed`() async throws {
        try await withTable { connection in
            let value = try await connection.withTransaction { connection in
                #expect(await connection.inTransaction)
                try await connection.execute("INSERT INTO t VALUES (1)")
                return "done"
            }
            #expect(value == "done")
            #expect(await connection.inTransaction == false)
            #expect(try await count(connection) == 1)
        }
    }

    @Test func `a body that throws is rolled back and its error comes out`() async throws {
        try await withTable { connection in
            await #expect(throws: Refused.self) {
                try await connection.withTransaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (1)")
                    throw Refused()
                }
            }
            #expect(await connection.inTransaction == false)
            let remaining = try await count(connection)
            #expect(remaining == 0)
        }
    }

    @Test func `a statement's error is rolled back`() async throws {
        try await withTable { connection in
            let error = try await postgresError {
                try await connection.withTransaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (1)")
                    try await connection.execute("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error.sqlState == .uniqueViolation)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `a swallowed error is not a success`() async throws {
        try await withTable { connection in
            let error = try await postgresError {
                try await connection.withTransaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (1)")
                    _ = try? await connection.execute("SELECT no_such_column")
                    let later = try await postgresError { try await connection.query("SELECT 1") }
                    #expect(later.sqlState == .inFailedSQLTransaction)
                }
            }
            #expect(error.code == .transactionRolledBack)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `an error in COMMIT comes out`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = try await postgresError {
                try await connection.withTransaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (1), (1)")
                }
            }
            #expect(error.sqlState == .uniqueViolation)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `isolation and access mode are the server's`() async throws {
        try await withTable { connection in
            try await connection.withTransaction(isolation: .serializable, accessMode: .readOnly) { connection in
                let names = ["transaction_isolation", "transaction_read_only"]
                let rows = try await connection.query("SELECT current_setting(n) FROM unnest(\(names)::text[]) AS n")
                #expect(rows.map { $0[0] } == ["serializable", "on"])
            }
            let error = try await postgresError {
                try await connection.withTransaction(accessMode: .readOnly) { connection in
                    try await connection.execute("CREATE TABLE postgres_tests_never (id int)")
                }
            }
            #expect(error.sqlState == .readOnlySQLTransaction)
        }
    }

    @Test func `other tasks wait until the transaction is over, child tasks do not`() async throws {
        try await withTable { connection in
            let outsider = try await connection.withTransaction { inside in
                // Detached, so that it is nobody's child.
                let outsider = Task.detached { try await connection.execute("INSERT INTO t VALUES (2)") }
                async let child = inside.execute("INSERT INTO t VALUES (1)")
                #expect(try await child == 1)
                for _ in 0..<20 { #expect(try await count(inside) == 1) }
                _ = try await inside.execute("DELETE FROM t")
                return outsider
            }
            #expect(try await outsider.value == 1)
            #expect(try await count(connection) == 1)
        }
    }

    @Test func `transactions do not nest`() async throws {
        try await withTable { connection in
            let error = try await postgresError {
                try await connection.withTransaction { outer in
                    try await outer.withTransaction { try await $0.execute("SELECT 1") }
                }
            }
            #expect(error.code == .nestedTransaction)
            try await connection.execute("BEGIN")
            let raw = try await postgresError { try await connection.withTransaction { _ in } }
            #expect(raw.code == .nestedTransaction)
            try await connection.execute("ROLLBACK")
            #expect(connection.isUsable)
        }
    }

    @Test func `a task that outlives its transaction is like any other`() async throws {
        try await withTable { connection in
            let (ended, end) = AsyncStream<Void>.makeStream()
            // Not detached: it inherits the transaction.
            let task = try await connection.withTransaction { connection in
                Task {
                    for await _ in ended {}
                    return try await connection.withTransaction { try await $0.execute("INSERT INTO t VALUES (1)") }
                }
            }
            end.finish()
            #expect(try await task.value == 1)
            let remaining = try await count(connection)
            #expect(remaining == 1)
        }
    }

    @Test func `transactions of two connections in one task keep apart`() async throws {
        try await withTable { first in
            try await withTable { second in
                try await first.withTransaction { first in
                    try await second.withTransaction { second in
                        try await first.execute("INSERT INTO t VALUES (1)", timeout: .seconds(5))
                        try await second.execute("INSERT INTO t VALUES (1), (2)", timeout: .seconds(5))
                    }
                }
                #expect(try await count(first) == 1)
                #expect(try await count(second) == 2)
            }
        }
    }

    @Test func `a cancelled body is rolled back and the connection stays good`() async throws {
        try await withTable { connection in
            let (started, start) = AsyncStream<Void>.makeStream()
            let lock = Int.random(in: 0...Int.max)
            let task = try await TestDatabase.withConnection { holder in
                try await holder.execute("SELECT pg_advisory_lock(\(lock))")
                let task = Task {
                    try await connection.withTransaction { connection in
                        try await connection.execute("INSERT INTO t VALUES (1)")
                        start.finish()
                        try await connection.execute("SELECT pg_advisory_lock(\(lock))")
                    }
                }
                for await _ in started {}
                task.cancel()
                return task
            }
            let error = try await postgresError { try await task.value }
            #expect(error.code == .cancelled)
            #expect(connection.isUsable)
            #expect(await connection.inTransaction == false)
            let remaining = try await count(connection)
            #expect(remaining == 0)
        }
    }

    @Test func `a rolled back timeout is set again`() async throws {
        try await withTable { connection in
            _ = try? await connection.withTransaction { connection in
                try await connection.execute("INSERT INTO t VALUES (1)", timeout: .seconds(77))
                throw Refused()
            }
            let rows = try await connection.query("SHOW statement_timeout", timeout: .seconds(77))
            #expect(rows.first?[0] == "77s")
            let shorter = try await connection.query("SHOW statement_timeout", timeout: .milliseconds(1234))
            #expect(shorter.first?[0] == "1300ms")
        }
    }
}
