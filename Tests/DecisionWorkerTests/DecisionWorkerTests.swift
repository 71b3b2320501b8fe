import AMQP
import DecisionCore
import DecisionWorker
import Postgres
import TestSupport
import Testing
import Wire

/// The worker on a real broker and a real database.
@Suite(.timeLimit(.minutes(1))) struct DecisionWorkerTests {
    @Test func `Events are decided by the rules of the database`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                try await connection.simpleQuery(
                    """
                    INSERT INTO needrecord.rules (app, effect, formats, interval_mp4) VALUES ('test123', 'record', '{mp4}', 300);
                    INSERT INTO needrecord.rules (app, stream, effect) VALUES ('test123', 'secret', 'skip');
                    """
                )
            }
            try await WorkerUnderTest.run(on: .database(database)) { test in
                let before = Timestamp.now()
                var other = StreamEvent.number(3)
                other.app = "other"
                test.gateway.ask([.number(1), .number(2, stream: "secret"), other])
                let replies = try await test.gateway.replies(3)
                let plan = try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])
                let expected: [(Int, Decision.Verdict, Decision.Reason, [Decision.LosingRule])] = [
                    (1, .record(plan), .rule(Rule.ID(rawValue: 1)), []),
                    (
                        2, .skip, .rule(Rule.ID(rawValue: 2)),
                        [.init(id: Rule.ID(rawValue: 1), reason: .preceded(.specificity))]
                    ),
                    (3, .skip, .noRuleMatches, []),
                ]
                for (number, verdict, reason, losers) in expected {
                    let reply = try #require(replies[.number(number)])
                    #expect(reply.worker == "worker-1")
                    guard case .decision(let decision) = reply.content else {
                        Issue.record("\(reply)")
                        continue
                    }
                    #expect(decision.verdict == verdict)
                    #expect(decision.reason == reason)
                    #expect(decision.losingRules == losers)
                    #expect(decision.revision == 1)
                    #expect(decision.decidedAt >= before && decision.decidedAt <= .now())
                }
                #expect(test.worker.isStateReachable)
            }
        }
    }

    @Test func `A rule that has changed holds for the next event`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                var verdicts: [Decision.Verdict] = []
                try await database.withConnection(role: "needrecord_operator") { connection in
                    let changes = [
                        "INSERT INTO needrecord.rules (effect) VALUES ('record')",
                        "UPDATE needrecord.rules SET effect = 'skip'",
                        "UPDATE needrecord.rules SET effect = 'record', formats = '{flv}'",
                        "DELETE FROM needrecord.rules",
                    ]
                    for (number, change) in changes.enumerated() {
                        try await connection.simpleQuery(change)
                        test.gateway.ask([.number(number)])
                        let reply = try await test.gateway.replies(number + 1)[.number(number)]
                        guard case .decision(let decision) = reply?.content else { continue }
                        #expect(decision.revision == Int64(number + 1))
                        verdicts.append(decision.verdict)
                    }
                }
                let flv = try RecordingPlan(formats: [.flv])
                #expect(verdicts == [.record(.template), .skip, .record(flv), .skip])
            }
        }
    }

    @Test func `A thousand events are answered in far fewer batches, each once`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.ask((0..<1_000).map { .number($0) })
                let replies = try await test.gateway.replies(1_000)
                #expect(Set(replies.keys) == Set((0..<1_000).map { .number($0) }))
                #expect(test.gateway.replies.count == 1_000)
                try await eventually("a thousand to be counted") { test.worker.counters.decided == 1_000 }
                let counters = test.worker.counters
                #expect(counters.taken == 1_000)
                #expect(counters.batches <= 250, "\(counters.batches) batches")
                #expect(counters.undeliverable == 0)
                #expect(try await test.gateway.waitingEvents() == 0)
            }
        }
    }

    @Test func `An event that nobody waits for gets no reply, and the next one does`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.ask([.number(1)], within: .milliseconds(-1))
                test.gateway.ask([.number(2)])
                _ = try await test.gateway.replies(1)
                try await eventually("both to be counted") { test.worker.counters.taken == 2 }
                #expect(test.worker.counters.expiredBeforeReading == 1)
                #expect(test.gateway.replies.map(\.eventID) == [.number(2)])
            }
        }
    }

    @Test(arguments: [Int64.max, Int64.min])
    func `A deadline beyond all reason stops nobody`(milliseconds: Int64) async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.publish(
                    .request(
                        .number(1),
                        replyTo: test.gateway.replyQueue,
                        deadline: Timestamp(millisecondsSinceEpoch: milliseconds),
                        topology: test.topology
                    )
                )
                try await eventually("it to be taken") { test.worker.counters.taken == 1 }
                test.gateway.ask([.number(2)])
                let expected: Set<EventID> = milliseconds > 0 ? [.number(1), .number(2)] : [.number(2)]
                try await eventually("the replies") { Set(test.gateway.replies.map(\.eventID)) == expected }
            }
        }
    }

    @Test func `A message that cannot be understood is kept with its reason, and is out of the way`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                var message = AMQPMessage.request(
                    .number(1),
                    replyTo: test.gateway.replyQueue,
                    deadline: .now(),
                    topology: test.topology
                )
                message.body = Array(#"{"schema":99}"#.utf8)
                test.gateway.publish(message)
                test.gateway.ask([.number(2)])
                _ = try await test.gateway.replies(1)

                let letter = try await test.gateway.message(of: test.topology.deadQueue)
                #expect(letter.body == message.body)
                #expect(letter.properties.headers[DeadLetter.reasonHeader] == "unknown_schema: 99")
                #expect(letter.properties.headers["rejected-by"] == "worker-1")
                #expect(letter.properties.headers["origin-exchange"] == .string(test.topology.exchange))
                #expect(letter.properties.headers["deadline"] == message.properties.headers["deadline"])
                #expect(letter.properties.deliveryMode == .persistent)
                #expect(letter.properties.expiration == nil)

                try await eventually("both to be counted") { test.worker.counters.taken == 2 }
                #expect(test.worker.counters.dead == 1)
                #expect(test.gateway.replies.map(\.eventID) == [.number(2)])
                // It was acknowledged: the end of the worker gives nothing back.
                try await test.stop()
                try await eventually("an empty queue without its consumer") {
                    try await test.topologyIsIdle()
                }
            }
        }
    }

    @Test func `A reply to a gateway that is gone is counted`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                let nowhere = test.topology.replyQueue(epoch: "gone")
                let deadline = Timestamp.now().advanced(by: .seconds(30))
                test.gateway.publish(
                    .request(.number(1), replyTo: nowhere, deadline: deadline, topology: test.topology)
                )
                try await eventually("the reply to come back") { test.worker.counters.undeliverable == 1 }
                try await eventually("the counters") { test.worker.counters.decided == 1 }
                #expect(test.gateway.replies.isEmpty)
            }
        }
    }

    @Test func `The decision in a reply to a gateway that is gone is told to the others, unless a quota had a say`()
        async throws
    {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                try await connection.simpleQuery(
                    """
                    INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('one', 'group', 1);
                    INSERT INTO needrecord.rules (stream, effect) VALUES ('free', 'record');
                    INSERT INTO needrecord.rules (stream, effect, quota) VALUES ('charged', 'record', 'one');
                    """
                )
            }
            try await WorkerUnderTest.run(on: .database(database)) { test in
                let told = try await test.gateway.lateAnswers()
                let nowhere = test.topology.replyQueue(epoch: "gone")
                let deadline = Timestamp.now().advanced(by: .seconds(30))
                let events = [
                    StreamEvent.number(1, stream: "charged"), .number(2, stream: "free"), .number(3, stream: "free"),
                ]
                for event in events {
                    test.gateway.publish(
                        .request(event, replyTo: nowhere, deadline: deadline, topology: test.topology)
                    )
                }
                let repeated = StreamEvent.number(4, stream: "free")
                test.gateway.publish(
                    .repetition(repeated, replyTo: nowhere, deadline: deadline, topology: test.topology)
                )
                try await eventually("the replies to come back") { test.worker.counters.undeliverable == 4 }
                try await eventually("what is told") { told().count == 2 }
                #expect(told().map(\.event) == Array(events[1...]))
                #expect(told().allSatisfy { $0.decision.verdict == .record(.template) && $0.worker == "worker-1" })
                try await eventually("the counters") { test.worker.counters.undeliverableTold == 2 }
                // The reservation stands, and nobody is told that it does.
                let stands = try await database.withConnection(role: "needrecord_reader") { connection in
                    try await connection.query("SELECT count(*) FROM needrecord.reservations WHERE ended_at IS NULL")[0]
                        .decode(Int.self)
                }
                #expect(stands == 1)
            }
        }
    }
}

extension WorkerUnderTest {
    /// Whether nothing waits and nobody works.
    func topologyIsIdle() async throws -> Bool {
        try await ProductBroker.withConnection { connection in
            try await topology.examine(on: connection) == .present(waitingCallbacks: 0, workers: 0)
        }
    }
}
