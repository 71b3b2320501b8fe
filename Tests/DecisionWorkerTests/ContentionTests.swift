import BusinessState
import DecisionCore
import DecisionWorker
import Postgres
import TestSupport
import Testing
import Wire

/// Somebody keeps a reservation or a bucket locked in an open transaction: who waits for it, and who does not.
@Suite(.timeLimit(.minutes(1))) struct ContentionTests {
    /// Runs `body` while the statement's locks are held, with a worker, a quota for each domain and a stream `kept` that
    /// has its reservation.
    private static func locking(
        _ sql: PostgresQuery,
        replyReserve: Duration = WorkerConfiguration().replyReserve,
        _ body: (_ test: WorkerUnderTest, _ owner: PostgresConnection) async throws -> Void
    ) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { person in
                try await person.simpleQuery(
                    """
                    INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('q', 'domain', 1000);
                    INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'q');
                    """
                )
            }
            try await WorkerUnderTest.run(on: .database(database), replyReserve: replyReserve) { test in
                test.gateway.ask([.number(0, stream: "kept")])
                _ = try await test.gateway.replies(1)
                try await database.withConnection { owner in
                    try await owner.execute("BEGIN")
                    _ = try await owner.query(sql)
                    try await body(test, owner)
                    try await owner.execute("ROLLBACK")
                }
            }
        }
    }

    /// Asks one after the other, and returns the longest that one waited.
    private static func slowest(_ numbers: Range<Int>, _ test: WorkerUnderTest, domain: String) async throws -> Duration
    {
        var slowest = Duration.zero
        for number in numbers {
            var event = StreamEvent.number(number, stream: "stream\(number)")
            event.domain = domain
            let start = ContinuousClock.now
            test.gateway.ask([event])
            guard case .decision = try await reply(number, test).content else { throw TestFailure("\(number)") }
            slowest = max(slowest, start.duration(to: .now))
        }
        return slowest
    }

    private static func reply(_ number: Int, _ test: WorkerUnderTest) async throws -> Reply {
        try await eventually("a reply to \(number)") {
            test.gateway.replies.contains { $0.eventID == .number(number) }
        }
        return try #require(test.gateway.replies.first { $0.eventID == .number(number) })
    }

    @Test func `Nobody waits for a stream whose reservation is locked, and it is decided in the end`() async throws {
        try await Self.locking("UPDATE needrecord.reservations SET asks = 1") { test, owner in
            // In one batch with others.
            test.gateway.ask([.number(1, stream: "kept")] + (2..<40).map { .number($0, stream: "stream\($0)") })
            let replies = try await test.gateway.replies(39)
            #expect(replies[.number(1)] == nil)
            #expect(try await Self.slowest(100..<130, test, domain: "test.com") < .seconds(1))
            #expect(test.worker.counters.contended == 1)
            #expect(test.gateway.replies.allSatisfy { $0.eventID != .number(1) })

            try await owner.execute("COMMIT")
            guard case .decision(let decision) = try await Self.reply(1, test).content else {
                throw TestFailure("no decision")
            }
            #expect(decision.reservation?.state == .held)
            #expect(decision.verdict == .record(.template))
            #expect(test.gateway.replies.count == 70)
            // Counted when the replies are on their way.
            try await eventually("the counters") { test.worker.counters.decided == 70 }
            #expect(test.worker.counters.taken == 70)
            #expect(test.worker.counters.stateUnavailable == 0)
        }
    }

    @Test func `A stream whose reservation stays locked is told so before its deadline`() async throws {
        let sql: PostgresQuery = "UPDATE needrecord.reservations SET asks = 1"
        try await Self.locking(sql, replyReserve: .seconds(2)) { test, _ in
            let start = ContinuousClock.now
            test.gateway.ask([.number(1, stream: "kept")], within: .seconds(4))
            #expect(try await Self.slowest(100..<110, test, domain: "test.com") < .seconds(1))
            let reply = try await Self.reply(1, test)
            #expect(reply.content == .failure(.stateUnavailable))
            let waited = start.duration(to: .now)
            #expect(waited > .milliseconds(1_500))
            #expect(waited < .milliseconds(4_000))
            try await eventually("the counters") { test.worker.counters.stateUnavailable == 1 }
            // Nothing is wrong with the database.
            #expect(test.worker.isStateReachable)
        }
    }

    @Test func `A bucket that is kept locked costs the streams of others little`() async throws {
        try await Self.locking("SELECT FROM needrecord.quota_buckets FOR UPDATE") { test, owner in
            test.gateway.ask((1..<4).map { .number($0, stream: "new\($0)") })
            #expect(try await Self.slowest(100..<130, test, domain: "other.com") < .seconds(1))
            #expect(test.worker.counters.contended == 3)
            try await owner.execute("COMMIT")
            for number in 1..<4 {
                guard case .decision(let decision) = try await Self.reply(number, test).content else {
                    throw TestFailure("failed")
                }
                #expect(decision.reservation?.state == .granted)
            }
        }
    }

    @Test func `A worker that is told to stop answers those that are contended first`() async throws {
        try await Self.locking("UPDATE needrecord.reservations SET asks = 1") { test, owner in
            test.gateway.ask([.number(1, stream: "kept")])
            try await eventually("the event to be contended") { test.worker.counters.contended == 1 }
            try await test.stop()
            try await owner.execute("COMMIT")
            guard case .decision = try await Self.reply(1, test).content else { throw TestFailure("failed") }
        }
    }
}
