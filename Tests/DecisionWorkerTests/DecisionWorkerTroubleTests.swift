import AMQP
import DecisionCore
import DecisionWorker
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing
import Wire

/// What a worker does when something that it needs is not there.
@Suite(.timeLimit(.minutes(1))) struct DecisionWorkerTroubleTests {
    @Test func `When the database is not there, the gateways learn it well before their deadline`() async throws {
        try await WorkerUnderTest.run(on: .closedPort, stateGrace: .milliseconds(200)) { test in
            // Before anybody has asked.
            #expect(!test.worker.isStateReachable)
            test.gateway.ask((1...20).map { .number($0) })
            let replies = try await test.gateway.replies(20)
            #expect(replies.values.allSatisfy { $0.content == .failure(.stateUnavailable) })
            try await eventually("all to be counted") { test.worker.counters.stateUnavailable == 20 }
            #expect(test.worker.counters.decided == 0)
            #expect(!test.worker.isStateReachable)
        }
    }

    @Test func `When its role may not read the rules, the gateways are told at once`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database, role: "needrecord_auditor")) { test in
                test.gateway.ask([.number(1)])
                let replies = try await test.gateway.replies(1)
                #expect(replies[.number(1)]?.content == .failure(.stateUnavailable))
                #expect(!test.worker.isStateReachable)
            }
        }
    }

    @Test func `When the database is back, events are decided again`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                try await database.withConnection { owner in
                    try await owner.simpleQuery("ALTER TABLE needrecord.rules RENAME TO rules_away")
                    test.gateway.ask([.number(1)])
                    let first = try await test.gateway.replies(1)
                    #expect(first[.number(1)]?.content == .failure(.stateUnavailable))
                    #expect(!test.worker.isStateReachable)

                    try await owner.simpleQuery("ALTER TABLE needrecord.rules_away RENAME TO rules")
                    test.gateway.ask([.number(2)])
                    let second = try await test.gateway.replies(2)
                    guard case .decision = second[.number(2)]?.content else {
                        Issue.record("no decision: \(second)")
                        return
                    }
                    #expect(test.worker.isStateReachable)
                }
            }
        }
    }

    @Test func `When the database is back, that is noticed without an event, and not before`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                try await database.withConnection { owner in
                    try await owner.simpleQuery("ALTER TABLE needrecord.rules RENAME TO rules_away")
                    test.gateway.ask([.number(1)])
                    _ = try await test.gateway.replies(1)
                    #expect(!test.worker.isStateReachable)
                    let failure = ContinuousClock.now
                    // It has looked by then, and more than once.
                    try await Task.sleep(until: failure + .seconds(5))
                    #expect(!test.worker.isStateReachable)
                    try await owner.simpleQuery("ALTER TABLE needrecord.rules_away RENAME TO rules")
                }
                try await eventually("the state to be reachable") { test.worker.isStateReachable }
            }
        }
    }

    @Test func `A connection to the database that dies in between costs no decision`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                for number in 1...3 {
                    test.gateway.ask([.number(number)])
                    let replies = try await test.gateway.replies(number)
                    guard case .decision = replies[.number(number)]?.content else {
                        Issue.record("no decision: \(replies)")
                        return
                    }
                    try await endConnections(to: database)
                }
                #expect(test.worker.counters.stateUnavailable == 0)
            }
        }
    }

    @Test func `Decisions are made on the thread of the database connection, and then of the next one`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                var threads: [Set<WorkerUnderTest.Thread>] = []
                for number in 1...4 {
                    if number == 3 { try await endConnections(to: database) }
                    test.clockThreads.withLockedValue { $0 = [] }
                    test.gateway.ask([.number(number)])
                    _ = try await test.gateway.replies(number)
                    threads.append(Set(test.clockThreads.withLockedValue { $0 }))
                }
                // The first of each connection finds out where that is.
                for thread in [threads[1], threads[3]] { #expect(thread.map(\.name) == ["postgres"]) }
                #expect(threads[1] != threads[3])
            }
        }
    }

    private func endConnections(to database: ProductDatabase) async throws {
        try await database.withConnection { owner in
            _ = try await owner.execute(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                    AND backend_type = 'client backend'
                """
            )
        }
    }

    @Test func `A graceful stop answers what was taken, and leaves the rest to others`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database), prefetch: 10) { test in
                try await database.withConnection { owner in
                    // The worker has taken its prefetch and waits for the table.
                    try await owner.simpleQuery("BEGIN; LOCK TABLE needrecord.rules IN ACCESS EXCLUSIVE MODE")
                    test.gateway.ask((1...30).map { .number($0) })
                    try await eventually("the prefetch to be taken") { try await test.gateway.waitingEvents() == 20 }
                    try await test.stop()
                    #expect(test.gateway.replies.isEmpty)
                    try await owner.simpleQuery("COMMIT")
                }
                let replies = try await test.gateway.replies(10)
                #expect(Set(replies.keys) == Set((1...10).map { .number($0) }))
                for reply in replies.values {
                    guard case .decision = reply.content else {
                        Issue.record("no decision: \(reply)")
                        continue
                    }
                }
                try await eventually("the worker's counters") { test.worker.counters.decided == 10 }
                #expect(try await test.gateway.waitingEvents() == 20)
                #expect(test.gateway.replies.count == 10)
            }
        }
    }

    @Test func `A connection that the broker closes is made anew, and the work goes on`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                test.gateway.ask([.number(1)])
                _ = try await test.gateway.replies(1)
                try await ProductBroker.closeConnection(named: test.connectionName)
                test.gateway.ask([.number(2)])
                let replies = try await test.gateway.replies(2)
                #expect(replies[.number(2)] != nil)
                try await eventually("the worker to consume") { test.worker.isConsuming }
            }
        }
    }

    @Test func `What a worker had taken when its connection was lost is taken and answered again`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                try await database.withConnection { owner in
                    try await owner.simpleQuery("BEGIN; LOCK TABLE needrecord.rules IN ACCESS EXCLUSIVE MODE")
                    test.gateway.ask((1...5).map { .number($0) })
                    try await eventually("all to be taken") { try await test.gateway.waitingEvents() == 0 }
                    try await ProductBroker.closeConnection(named: test.connectionName)
                    try await eventually("the worker to consume again") { test.worker.isConsuming }
                    try await owner.simpleQuery("COMMIT")
                }
                let replies = try await test.gateway.replies(5)
                #expect(Set(replies.keys) == Set((1...5).map { .number($0) }))
                try await eventually("the second time to be counted") { test.worker.counters.redelivered == 5 }
            }
        }
    }

    @Test func `A work queue that is deleted is declared again`() async throws {
        try await ProductDatabase.with { database in
            try await WorkerUnderTest.run(on: .database(database)) { test in
                try await ProductBroker.withConnection { connection in
                    let channel = try await connection.openChannel()
                    try await channel.deleteQueue(test.topology.decisionsQueue)
                    try await eventually("the worker at a new queue") {
                        try await test.topology.examine(on: connection) == .present(waitingCallbacks: 0, workers: 1)
                    }
                }
                test.gateway.ask([.number(1)])
                #expect(try await test.gateway.replies(1).count == 1)
            }
        }
    }
}
