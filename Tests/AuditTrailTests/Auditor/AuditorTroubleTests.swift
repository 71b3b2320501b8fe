import AMQP
import AuditTrail
import BusinessState
import DecisionCore
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing
import Wire

/// What an auditor does when something fails: whatever it is, each notice is written once.
@Suite(.timeLimit(.minutes(3))) struct AuditorTroubleTests {
    // MARK: - Losing the database

    @Test func `What was written and not committed when the session is lost is written once`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await stage.running { test in
                try await stage.holdingCommits {
                    try await stage.publish([.file(1), .status(2)])
                    try await stage.commitToWait()
                    try await stage.endSessions(of: test)
                    #expect(try await stage.rowCount() == 0)
                    #expect(try await stage.chargedMilliseconds() == 0)
                    try await stage.commitToWait()
                }
                try await stage.place(2)
                #expect(try await stage.rowCount() == 2)
                #expect(try await stage.chargedMilliseconds() == 69_403)
                try await eventually("the counters") { test.auditor.counters.recordedFiles == 1 }
                #expect(test.auditor.counters.terms == 2)
            }
        }
    }

    @Test func `A leader that loses its session while nothing happens notices it, and leads again`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { test in
                try await stage.publish([.status(1)])
                try await stage.place(1)
                try await stage.endSessions(of: test)
                try await eventually("the second term") { test.auditor.counters.terms == 2 }
                try await eventually("the lag to be over") { test.auditor.lag == .zero }
                try await stage.publish([.status(2)])
                try await stage.place(2)
                #expect(test.auditor.counters.repeated == 0)
            }
        }
    }

    @Test func `Started before its database is there, it begins when that is`() async throws {
        try await AuditorStage.with { stage in
            let name = stage.database.name
            let administration = try PostgresConfiguration(url: TestEnvironment.databaseURL())
            let admin = try await PostgresConnection.connect(administration, logger: ProductDatabase.logger)
            try await stage.publish([.status(1)])
            try await admin.execute("ALTER DATABASE \(identifier: name) WITH ALLOW_CONNECTIONS false")
            try await stage.running { test in
                try await eventually("two tries that fail") { test.auditor.counters.interruptions >= 2 }
                #expect(test.auditor.standing == .connecting)
                // Nobody audits, and that must show.
                let lag = try #require(test.auditor.lag)
                try await eventually("the lag to grow") { test.auditor.lag.map { $0 > lag } ?? false }
                try await admin.execute("ALTER DATABASE \(identifier: name) WITH ALLOW_CONNECTIONS true")
                try await stage.place(1)
            }
            await admin.close()
        }
    }

    @Test func `An auditor whose role is refused names the role, and its lag grows`() async throws {
        try await AuditorStage.with { stage in
            let log = LogBook()
            try await stage.running(role: "needrecord_nobody", logger: log.logger) { test in
                try await eventually("two tries that fail") { test.auditor.counters.interruptions >= 2 }
                let lag = try #require(test.auditor.lag)
                try await eventually("the lag to grow") { test.auditor.lag.map { $0 > lag } ?? false }
            }
            #expect(log.lines.contains { $0.contains("roleRefused") && $0.contains("role=needrecord_nobody") })
        }
    }

    @Test func `Started before the migrations, it begins after them`() async throws {
        try await AuditorStage.with(isMigrated: false) { stage in
            try await stage.publish([.status(1)])
            try await stage.running { test in
                try await eventually("two tries that fail") { test.auditor.counters.interruptions >= 2 }
                try await stage.database.withConnection { owner in
                    let files = try MigrationFile.load(directory: TestEnvironment.migrations)
                    try await Migrator(files: files, connection: owner).migrate()
                }
                try await stage.place(1)
                try await test.toLead()
            }
        }
    }

    // MARK: - Losing the broker

    @Test func `What was being written when the broker is lost is written once`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await stage.running("auditor-1", { $0.prefetch = 10 }) { test in
                try await stage.holdingCommits {
                    try await stage.publish((1...30).map { .file($0) })
                    try await stage.commitToWait()
                    try await ProductBroker.closeConnection(named: test.connectionName)
                }
                try await stage.place(30)
                #expect(try await stage.rowCount() == 30)
                #expect(try await stage.chargedMilliseconds() == 30 * 69_403)
                try await eventually("the counters") { test.auditor.counters.recordedFiles == 30 }
                #expect(test.auditor.counters.repeated == 0)
                // The broker may have handed out all of them before; then the loss is noticed after the last one.
                try await eventually("another term") { test.auditor.counters.terms >= 2 }
            }
        }
    }

    @Test func `Started before its broker is there, and losing it later, it goes on when that is back`() async throws {
        try await AuditorStage.with { stage in
            try await stage.publish([.status(1)])
            try await ProductBroker.control("stop_app")
            do {
                try await stage.running { test in
                    try await eventually("the database to be reached") {
                        try await stage.value("SELECT count(*) FROM needrecord.projections") == 1
                    }
                    #expect(test.auditor.standing == .connecting)
                    try await ProductBroker.control("start_app")
                    try await ProductBroker.control("await_startup")
                    try await stage.place(1)
                    try await test.toLead()

                    try await ProductBroker.control("stop_app")
                    try await eventually("the loss") { test.auditor.standing == .connecting }
                    try await ProductBroker.control("start_app")
                    try await ProductBroker.control("await_startup")
                    try await test.toLead()
                    try await stage.publish([.status(2)])
                    try await stage.place(2)
                    #expect(test.auditor.counters.missed == 0)
                    #expect(test.auditor.counters.streamsBegunAnew == 0)
                }
            } catch {
                try await ProductBroker.control("start_app")
                throw error
            }
        }
    }

    @Test func `A stream that was deleted is read from its new beginning`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running("auditor-1", { $0.streamPatience = .milliseconds(500) }) { test in
                try await stage.publish((1...5).map { .status($0) })
                try await stage.place(5)
                try await ProductBroker.withConnection { connection in
                    let channel = try await connection.openChannel()
                    try await channel.deleteQueue(stage.topology.outcomesStream)
                }
                try await eventually("the other stream to be noticed") { test.auditor.counters.streamsBegunAnew == 1 }
                try await stage.place(0)
                try await stage.publish([.status(5), .status(6)])
                try await stage.place(2)
                #expect(try await stage.rowCount() == 6)
                try await eventually("the counters") { test.auditor.counters.repeated == 1 }
                #expect(test.auditor.counters.missed == 0)
            }
        }
    }

    @Test func `A stream that was replaced is read from its beginning, however much has come since`() async throws {
        try await AuditorStage.with { stage in
            try await stage.publish((1...5).map { .status($0) })
            try await stage.running { _ in try await stage.place(5) }
            try await ProductBroker.withConnection { connection in
                let channel = try await connection.openChannel()
                try await channel.deleteQueue(stage.topology.outcomesStream)
                try await stage.topology.declare(on: connection)
            }
            try await stage.publish((5...14).map { .status($0) })
            let log = LogBook()
            try await stage.running(logger: log.logger) { test in
                try await stage.place(10)
                #expect(try await stage.rowCount() == 14)
                try await eventually("the counters") { test.auditor.counters.recordingStatuses == 9 }
                #expect(test.auditor.counters.repeated == 1)
                #expect(test.auditor.counters.streamsBegunAnew == 1)
                #expect(test.auditor.counters.missed == 0)
            }
            #expect(log.lines.contains { $0.hasPrefix("critical the stream is not the one that was read before") })
        }
    }

    @Test func `What the stream's retention has removed unread is counted, and said for good`() async throws {
        try await AuditorStage.with(outcomesMaximumBytes: 100_000_000) { stage in
            try await stage.publish([.status(1), .status(2)])
            try await stage.running { _ in try await stage.place(2) }

            // Two segments of 100 MB and the beginning of a third: the first is removed.
            let count = 42
            let large = AMQPMessage(
                exchange: stage.topology.exchange,
                routingKey: Topology.ingestKey,
                properties: AMQPProperties(type: "large"),
                body: [UInt8](repeating: 0, count: 5_000_000)
            )
            try await stage.publish(Array(repeating: large, count: count))
            try await stage.publish([.status(3)])
            try await stage.running("auditor-2", { $0.prefetch = 5 }) { test in
                try await eventually("the last notice") { test.auditor.counters.recordingStatuses == 1 }
                let counters = test.auditor.counters
                let missed = count - counters.dead
                #expect(missed > 0)
                // The broker's own notes in the stream take an offset, one for each segment.
                #expect((missed...missed + 3).contains(counters.missed))
                #expect(try await stage.value("SELECT missed FROM needrecord.projections") == counters.missed)
                #expect(try await stage.rowCount() == 3)
            }
        }
    }

    // MARK: - Data that the database refuses

    @Test func `A notice that the database refuses is dead, and all others are written once`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve(stream: "full")
            try await stage.database.withConnection { owner in
                _ = try await owner.execute(
                    """
                    INSERT INTO needrecord.quota_months (quota, bucket, month, recorded_milliseconds)
                    SELECT quota, bucket, '2023-11-01', \(Int64.max - 1_000)::bigint FROM needrecord.reservations
                    """
                )
            }
            let nonsense = AMQPMessage(
                exchange: stage.topology.exchange,
                routingKey: Topology.ingestKey,
                properties: AMQPProperties(messageID: "nonsense", type: Topology.ingestKey),
                body: [0]
            )
            let log = LogBook()
            try await stage.publish([.status(1), .file(2)])
            try await stage.publish([nonsense])
            try await stage.publish([.file(3, stream: "full"), .status(4), .file(5), .ingest(6)])
            try await stage.running(logger: log.logger) { test in
                try await stage.place(7)
                try await eventually("the counters") {
                    test.auditor.counters.dead == 2 && test.auditor.counters.ingestStatuses == 1
                }
                let counters = test.auditor.counters
                #expect(counters.recordingStatuses == 2)
                #expect(counters.recordedFiles == 2)
                #expect(counters.ingestStatuses == 1)
                #expect(counters.repeated == 0)
                #expect(counters.interruptions == 0)
                #expect(try await stage.rowCount() == 5)
                #expect(try await stage.chargedMilliseconds() == Int(Int64.max) - 1_000)

                let letters = try await stage.deadLetters(2)
                #expect(letters.map(\.properties.messageID) == ["nonsense", EventID.number(3).description])
                #expect(
                    letters[1].properties.headers[DeadLetter.reasonHeader]
                        == "refused_by_database: PostgresError(server, SQLSTATE 22003)"
                )
                try await stage.publish([.status(7)])
                try await stage.place(8)
            }
            let id = EventID.number(3).description
            #expect(
                log.lines.contains {
                    $0.contains("event=\(id)") && $0.contains("offset=3") && $0.contains("SQLSTATE 22003")
                }
            )
        }
    }

    // MARK: - Several auditors

    @Test func `Another takes over when the leader is lost, as often as that happens`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await stage.running("auditor-1") { first in
                try await first.toLead()
                try await stage.running("auditor-2") { second in
                    try await eventually("the second to wait") { second.auditor.standing == .standby }
                    let count = 600
                    let published = NIOLockedValueBox(false)
                    try await withThrowingTaskGroup { tasks in
                        tasks.addTask {
                            for start in stride(from: 0, to: count, by: 20) {
                                try await stage.publish((start..<start + 20).map { .file($0) })
                            }
                            published.withLockedValue { $0 = true }
                        }
                        repeat {
                            try await eventually("a leader") {
                                [first, second].contains { $0.auditor.standing == .leading }
                            }
                            let leader = first.auditor.standing == .leading ? first : second
                            let terms = first.auditor.counters.terms + second.auditor.counters.terms
                            // Nothing to end when it has just lost its session, and then no other follows either.
                            guard (try? await stage.endSessions(of: leader)) != nil else { continue }
                            try await eventually("a new leader") {
                                first.auditor.counters.terms + second.auditor.counters.terms > terms
                            }
                        } while !published.withLockedValue { $0 }
                            || first.auditor.counters.terms + second.auditor.counters.terms <= 2
                        try await tasks.waitForAll()
                    }
                    try await stage.place(count)
                    #expect(try await stage.rowCount() == count)
                    #expect(try await stage.chargedMilliseconds() == count * 69_403)
                    #expect(first.auditor.counters.terms + second.auditor.counters.terms > 2)
                    #expect(first.auditor.counters.repeated + second.auditor.counters.repeated == 0)
                }
            }
        }
    }

    @Test func `When the leader stops, the other leads`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running("auditor-1") { first in
                try await first.toLead()
                try await stage.running("auditor-2") { second in
                    try await eventually("the second to wait") { second.auditor.standing == .standby }
                    try await first.stop()
                    try await second.toLead()
                    try await stage.publish([.status(1)])
                    try await stage.place(1)
                    try await eventually("the counters") { second.auditor.counters.recordingStatuses == 1 }
                }
            }
        }
    }

    @Test func `When somebody else moves the place in spite of the lock, nothing is written twice`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { test in
                try await stage.publish([.status(1)])
                try await stage.place(1)
                try await stage.database.withConnection { owner in
                    // What another auditor that has read offset 1 would leave.
                    _ = try await owner.execute(
                        """
                        UPDATE needrecord.projections
                        SET next_offset = 2, last_message = \(EventID.number(2).description)::text
                        """
                    )
                }
                try await stage.publish([.status(2), .status(3)])
                try await stage.place(3)
                #expect(
                    try await stage.texts("SELECT event_id FROM needrecord.recording_statuses ORDER BY 1") == [
                        EventID.number(1).description, EventID.number(3).description,
                    ]
                )
                #expect(test.auditor.counters.terms == 2)
            }
        }
    }

    @Test func `A leader that says nothing any more loses its session`() async throws {
        try await AuditorStage.with { stage in
            // Its pulse is slower than the session's patience, which is what a process that hangs looks like.
            try await stage.running(
                "auditor-1",
                {
                    $0.pulse = .seconds(600)
                    $0.sessionPatience = .seconds(1)
                }
            ) { first in
                try await first.toLead()
                try await stage.running("auditor-2") { second in
                    try await second.toLead()
                    try await stage.publish([.status(1)])
                    try await stage.place(1)
                    #expect(try await stage.rowCount() == 1)
                }
            }
        }
    }
}
