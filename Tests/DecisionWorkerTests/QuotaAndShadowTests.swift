import AMQP
import DecisionCore
import DecisionWorker
import Postgres
import TestSupport
import Testing
import Wire

/// What a worker does beside the answer, on a real broker and a real database.
@Suite(.timeLimit(.minutes(1))) struct QuotaAndShadowTests {
    private static func decision(_ number: Int, in test: WorkerUnderTest) async throws -> Decision {
        try await eventually("a reply to \(number)") {
            test.gateway.replies.contains { $0.eventID == .number(number) }
        }
        let reply = test.gateway.replies.first { $0.eventID == .number(number) }
        guard case .decision(let decision) = reply?.content else { throw TestFailure("\(String(describing: reply))") }
        return decision
    }

    private static func write(_ sql: String, _ database: ProductDatabase) async throws {
        try await database.withConnection(role: "needrecord_operator") { try await $0.simpleQuery(sql) }
    }

    private static func count(_ sql: PostgresQuery, _ database: ProductDatabase) async throws -> Int {
        try await database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query(sql)[0].decode(Int.self, at: 0)
        }
    }

    @Test func `A quota lets through as many streams as it has room for, and a stream that asks again`() async throws {
        try await ProductDatabase.with { database in
            try await Self.write(
                """
                INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('basic', 'domain', 2);
                INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'basic');
                """,
                database
            )
            try await WorkerUnderTest.run(on: .database(database)) { test in
                var states: [Reservation.State?] = []
                for (number, stream) in ["a", "b", "c", "a", "b"].enumerated() {
                    test.gateway.ask([.number(number, stream: stream)])
                    let decision = try await Self.decision(number, in: test)
                    states.append(decision.reservation?.state)
                    let isRoom = decision.reservation?.state != .denied
                    #expect((decision.verdict == .record(.template)) == isRoom)
                    #expect(isRoom || decision.reason == .quotaExhausted(Rule.ID(rawValue: 1)))
                    #expect(decision.reservation?.quota == "basic")
                    #expect(decision.reservation?.bucket == "test.com")
                    #expect(decision.reservation?.concurrent?.limit == 2)
                }
                #expect(states == [.granted, .granted, .denied, .held, .held])
            }
            #expect(try await Self.count("SELECT count(*) FROM needrecord.reservations", database) == 2)
        }
    }

    @Test func `A repetition is told what the quota would say, and takes nothing unless it is to`() async throws {
        try await ProductDatabase.with { database in
            try await Self.write(
                """
                INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('one', 'domain', 1);
                INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'one');
                """,
                database
            )
            try await WorkerUnderTest.run(on: .database(database)) { test in
                var states: [Reservation.State?] = []
                func repeatEvent(_ number: Int, _ stream: String, charging: Bool) async throws {
                    test.gateway.publish(
                        .repetition(
                            .number(number, stream: stream),
                            charging: charging,
                            replyTo: test.gateway.replyQueue,
                            deadline: Timestamp.now().advanced(by: .seconds(30)),
                            topology: test.topology
                        )
                    )
                    states.append(try await Self.decision(number, in: test).reservation?.state)
                }
                try await repeatEvent(1, "a", charging: false)
                try await repeatEvent(2, "b", charging: false)
                #expect(try await Self.count("SELECT count(*) FROM needrecord.reservations", database) == 0)
                try await repeatEvent(3, "a", charging: true)
                #expect(try await Self.count("SELECT count(*) FROM needrecord.reservations", database) == 1)
                try await repeatEvent(4, "a", charging: false)
                try await repeatEvent(5, "b", charging: false)
                #expect(states == [.granted, .granted, .granted, .held, .denied])
                // The replies are on their way before the batch is counted.
                try await eventually("the last batch to be counted") { test.worker.counters.replayed == 5 }
            }
        }
    }

    @Test func `A repetition that nobody waits for any more is no decision that reached nobody`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.publish(
                    .repetition(
                        .number(1),
                        replyTo: "nobody",
                        deadline: Timestamp.now().advanced(by: .seconds(30)),
                        topology: test.topology
                    )
                )
                try await eventually("the reply to come back") { test.worker.counters.undeliverable == 1 }
                test.gateway.publish(
                    .request(
                        .number(2),
                        replyTo: "nobody",
                        deadline: Timestamp.now().advanced(by: .seconds(30)),
                        topology: test.topology
                    )
                )
                // The stream has the second one's record, and only that.
                let message = try await test.gateway.firstRecord()
                let events = try AuditMessage.records(in: message.body).compactMap { record -> EventID? in
                    guard case .undeliverableReply(let reply) = try record.get() else { return nil }
                    return reply.eventID
                }
                #expect(events == [.number(2)])
            }
        }
    }

    @Test func `The same stream many times in one batch is charged once`() async throws {
        try await ProductDatabase.with { database in
            try await Self.write(
                """
                INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('one', 'group', 1);
                INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'one');
                """,
                database
            )
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.ask((0..<100).map { .number($0) })
                let replies = try await test.gateway.replies(100)
                let verdicts = replies.values.compactMap { reply -> Decision.Verdict? in
                    if case .decision(let decision) = reply.content { decision.verdict } else { nil }
                }
                #expect(verdicts == Array(repeating: .record(.template), count: 100))
            }
            #expect(try await Self.count("SELECT count(*) FROM needrecord.reservations", database) == 1)
        }
    }

    @Test func `What a shadow would have answered differently is counted and kept`() async throws {
        try await ProductDatabase.with { database in
            try await Self.write(
                """
                INSERT INTO needrecord.rules (stream, effect) VALUES ('a', 'record'), ('b', 'skip');
                INSERT INTO needrecord.rules (stream, effect, formats, shadow) VALUES
                    ('a', 'record', '{}', true), ('b', 'record', '{mp4,flv}', true);
                INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('default');
                """,
                database
            )
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.ask([.number(1, stream: "a"), .number(2, stream: "b"), .number(3, stream: "c")])
                _ = try await test.gateway.replies(3)
                #expect(try await Self.decision(1, in: test).verdict == .record(.template))
                #expect(try await Self.decision(2, in: test).verdict == .skip)
                try await eventually("three comparisons") { test.worker.counters.shadowDecided == 3 }
                #expect(test.worker.counters.shadowDifferent == 1)
                try await eventually("the difference to be kept") {
                    try await Self.count("SELECT count(*) FROM needrecord.shadow_differences", database) == 1
                }
                #expect(test.worker.counters.shadowDropped == 0)
            }
            #expect(
                try await Self.count(
                    """
                    SELECT count(*) FROM needrecord.shadow_differences
                    WHERE event_id = \(EventID.number(2).description)::uuid AND stream = 'b'
                        AND NOT live_record AND shadow_record AND shadow_formats = '{mp4,flv}' AND live_rule = 2
                        AND shadow_rule = 4
                    """,
                    database
                ) == 1
            )
        }
    }

    @Test func `Differences that cannot be kept are counted, and no answer waits for them`() async throws {
        try await ProductDatabase.with { database in
            try await Self.write(
                "INSERT INTO needrecord.rules (effect) VALUES ('record');"
                    + "INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('default');",
                database
            )
            try await database.withConnection { owner in
                try await owner.simpleQuery("REVOKE INSERT ON needrecord.shadow_differences FROM needrecord_worker")
            }
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.ask((0..<10).map { .number($0) })
                _ = try await test.gateway.replies(10)
                try await eventually("ten to be dropped") { test.worker.counters.shadowDropped == 10 }
                #expect(test.worker.counters.decided == 10)
                #expect(test.worker.counters.stateUnavailable == 0)
            }
        }
    }
}
