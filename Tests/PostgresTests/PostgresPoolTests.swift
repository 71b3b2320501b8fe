import Foundation
import Testing

@testable import Postgres

@Suite struct PostgresPoolTests {
    private func withPool(
        size: Int,
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        var configuration = try TestDatabase.configuration()
        change(&configuration)
        let pool = try PostgresPool(configuration: configuration, size: size, logger: TestDatabase.logger)
        do {
            try await body(pool)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    private func processID(_ pool: PostgresPool) async throws -> Int32 {
        try await pool.withConnection(timeout: .seconds(5)) { await $0.backendProcessID }
    }

    @Test func `connections are reused and never more than the size`() async throws {
        try await withPool(size: 3) { pool in
            let ids = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.withConnection(timeout: .seconds(10)) { connection in
                            try await connection.execute("SELECT pg_sleep(0.002)")
                            return await connection.backendProcessID
                        }
                    }
                }
                return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
            }
            #expect(ids.count <= 3)
            #expect(ids.contains(try await processID(pool)))
        }
    }

    @Test func `who prefers the thread of the next connection stays there with it`() async throws {
        try await withPool(size: 1) { pool in
            #expect(pool.taskExecutor == nil)
            let lent = try await pool.withConnection(timeout: .seconds(5)) { $0 }
            #expect(!isOnThread())
            let executor = try #require(pool.taskExecutor)
            #expect(executor === lent.taskExecutor)
            try await withTaskExecutorPreference(executor) {
                try await lent.execute("SELECT 1")
                #expect(isOnThread())
                try await pool.withConnection(timeout: .seconds(5)) { connection in
                    #expect(connection === lent)
                    #expect(isOnThread())
                    try await connection.execute("SELECT 1")
                    #expect(isOnThread())
                    #expect(pool.taskExecutor == nil)
                }
                #expect(isOnThread())
            }
        }
    }

    /// Whether this is the thread of a connection.
    private func isOnThread() -> Bool {
        (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) == "postgres\n"
    }

    @Test func `waiting leases are served in order, late ones time out`() async throws {
        try await withPool(size: 1) { pool in
            let (order, append) = AsyncStream<Int>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await pool.withConnection(timeout: .seconds(5)) { _ in
                    for number in 1...3 {
                        group.addTask {
                            try await pool.withConnection(timeout: .seconds(5)) { _ in _ = append.yield(number) }
                        }
                        try await TestDatabase.eventually("it does not wait") { pool.waitingCount == number }
                    }
                    let error = try await postgresError {
                        try await pool.withConnection(timeout: .milliseconds(50)) { _ in }
                    }
                    #expect(error.code == .timedOut)
                }
                try await group.waitForAll()
            }
            append.finish()
            #expect(await order.reduce(into: []) { $0.append($1) } == [1, 2, 3])
        }
    }

    @Test func `a waiting lease can be cancelled`() async throws {
        try await withPool(size: 1) { pool in
            try await pool.withConnection(timeout: .seconds(5)) { _ in
                let task = Task { try await pool.withConnection(timeout: .seconds(30)) { _ in } }
                try await TestDatabase.eventually("it does not wait") { pool.waitingCount == 1 }
                task.cancel()
                #expect(try await postgresError { try await task.value }.code == .cancelled)
            }
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await pool.withConnection(timeout: .seconds(30)) { _ in }
            }
            // An idle connection may be had even so; then nothing has been waited for.
            _ = try? await task.value
            #expect(pool.waitingCount == 0)
            _ = try await processID(pool)
        }
    }

    @Test func `a terminated session is replaced`() async throws {
        try await TestDatabase.withConnection { observer in
            try await withPool(size: 1) { pool in
                let first = try await processID(pool)
                let error = try await postgresError {
                    try await pool.withConnection(timeout: .seconds(5)) { connection in
                        try await observer.execute("SELECT pg_terminate_backend(\(first))")
                        return try await connection.query("SELECT pg_sleep(5)")
                    }
                }
                #expect(error.code == .connectionLost)
                #expect(try await processID(pool) != first)
            }
        }
    }

    @Test func `a connection in an open transaction is not reused`() async throws {
        try await withPool(size: 1) { pool in
            let first = try await processID(pool)
            try await pool.withConnection(timeout: .seconds(5)) { _ = try await $0.execute("BEGIN") }
            #expect(try await processID(pool) != first)
        }
    }

    @Test func `a connection that still runs a cancelled call is not reused`() async throws {
        try await withPool(size: 1) { pool in
            let first = try await processID(pool)
            let task = Task {
                try await pool.withConnection(timeout: .seconds(5)) { connection in
                    try await connection.query("SELECT pg_sleep(20)")
                }
            }
            try await TestDatabase.withConnection { observer in
                try await TestDatabase.eventually("it does not run") {
                    let rows = try await observer.query(
                        "SELECT 1 FROM pg_stat_activity WHERE pid = \(first) AND state = 'active' AND query LIKE '%sleep%'"
                    )
                    return !rows.isEmpty
                }
            }
            task.cancel()
            #expect(try await postgresError { try await task.value }.code == .cancelled)
            #expect(try await processID(pool) != first)
        }
    }

    @Test func `a connection that was given up is not reused`() async throws {
        try await withPool(size: 1) {
            $0.timeoutGrace = .milliseconds(200)
        } _: { pool in
            let first = try await processID(pool)
            let error = try await postgresError {
                try await pool.withConnection(timeout: .seconds(5)) { connection in
                    try await connection.query(
                        "DO $$ BEGIN PERFORM pg_sleep(9); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(20); END $$",
                        timeout: .milliseconds(100)
                    )
                }
            }
            #expect(error.code == .timedOut)
            #expect(try await processID(pool) != first)
        }
    }

    @Test func `a lease of a dead database fails in time with the reason`() async throws {
        let configuration = try PostgresConfiguration(url: "postgresql://u@127.0.0.1:1/d")
        let pool = try PostgresPool(configuration: configuration, size: 2, logger: TestDatabase.logger)
        let start = ContinuousClock.now
        let error = try await postgresError { try await pool.withConnection(timeout: .seconds(2)) { _ in } }
        #expect(error.code == .connectFailed)
        #expect(ContinuousClock.now - start < .seconds(8))
        await pool.close()
    }

    @Test func `a wrong user fails at once`() async throws {
        let url = try TestDatabase.url(user: "postgres_tests_nobody")
        let configuration = try PostgresConfiguration(url: url)
        let pool = try PostgresPool(configuration: configuration, size: 2, logger: TestDatabase.logger)
        let error = try await postgresError { try await pool.withConnection(timeout: .seconds(60)) { _ in } }
        #expect(error.code == .authenticationFailed)
        await pool.close()
    }

    @Test func `closing waits for what is lent`() async throws {
        let pool = try PostgresPool(
            configuration: try TestDatabase.configuration(),
            size: 2,
            logger: TestDatabase.logger
        )
        let connection = try await pool.withConnection(timeout: .seconds(5)) { connection in
            let closing = Task { await pool.close() }
            try await TestDatabase.eventually("it lends on") {
                do {
                    return try await pool.withConnection(timeout: .zero) { _ in false }
                } catch let error as PostgresError {
                    return error.code == .poolClosed
                }
            }
            #expect(try await connection.query("SELECT 1").count == 1)
            return (connection, closing)
        }
        await connection.1.value
        #expect(!connection.0.isUsable)
    }
}
