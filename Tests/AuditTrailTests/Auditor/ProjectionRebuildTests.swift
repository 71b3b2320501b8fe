import AMQP
import DecisionCore
import Postgres
import TestSupport
import Testing
import Wire

@testable import AuditTrail

/// The audit trail from the stream once more.
@Suite(.timeLimit(.minutes(2))) struct ProjectionRebuildTests {
    private static let tables = [
        "outcomes", "late_decisions", "undeliverable_replies", "gateway_minutes", "recording_statuses",
        "recorded_files",
        "ingest_statuses", "replay_runs", "replayed_events",
    ]

    /// What all tables of the audit trail have in them, row by row; and what the quotas were told.
    private func checksums(_ stage: AuditorStage) async throws -> [String: String] {
        try await stage.database.withConnection { owner in
            var sums: [String: String] = [:]
            for table in Self.tables + ["quota_months", "reservations"] {
                sums[table] = try await owner.query(
                    """
                    SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '')
                    FROM needrecord.\(identifier: table) AS t
                    """
                )[0].decode(String.self)
            }
            return sums
        }
    }

    /// - Parameter patience: For the first message of the stream.
    private func rebuild(_ stage: AuditorStage, patience: Duration = .seconds(10)) async throws -> ProjectionRebuild
        .Plan?
    {
        var rebuild = ProjectionRebuild(
            topology: stage.topology,
            amqp: try ProductBroker.configuration(),
            database: try stage.database.configuration(role: "needrecord_auditor"),
            logger: ProductDatabase.logger
        )
        rebuild.patience = patience
        return try await rebuild.begin()
    }

    /// Something of everything, and some of it twice.
    private func publishAll(_ stage: AuditorStage) async throws {
        try await stage.publish([.status(1), .file(2), .ingest(3), .status(1), .file(4, file: 2)])
        let late = LateDecision(
            eventID: .number(12),
            decision: .example,
            worker: "worker-1",
            run: .example,
            receivedAt: .example,
            lateBy: 5
        )
        let undeliverable = UndeliverableReply(
            eventID: .number(13),
            decision: .example,
            worker: "worker-1",
            returnedAt: .example
        )
        func minute(_ received: Int) -> GatewayMinute {
            GatewayMinute(
                run: .example,
                minute: EventID.number(0).minute,
                received: received,
                outcomes: ["decided": received],
                unkept: 0
            )
        }
        let records: [AuditRecord] = [
            .outcome(.number(10)), .outcome(.number(11, .fallback(.timeout))), .lateDecision(late), .minute(minute(1)),
        ]
        var run = ReplayRun(
            replay: .number(1_000),
            id: .number(1_001),
            startedAt: .example,
            operatorName: "operator-1",
            reason: "reason-1",
            selection: ReplaySelection(source: .stream, span: .offsets(0..<10)),
            rate: 200,
            chargesQuotas: false
        )
        let begun = run
        run.end = ReplayRun.End(at: .example, isComplete: true)
        let replayed = ReplayedEvent(
            event: Outcome.number(2_000).event,
            original: .number(10),
            replay: .number(1_000),
            cause: .decision(.example),
            worker: "worker-1",
            replyTime: 1_200
        )
        try await stage.publish([
            [.replay(begun), .replayed(replayed), .replay(run)].message(stage.topology, id: "replay/0")
        ])
        try await stage.publish([
            records.message(stage.topology, id: "run/0"), records.message(stage.topology, id: "run/1"),
            [.undeliverableReply(undeliverable), .minute(minute(2))].message(stage.topology, id: "run/2"),
        ])
    }

    @Test func `Rows that were deleted come again as they were, and a leader notices that it is to read again`()
        async throws
    {
        try await AuditorStage.with { stage in
            try await stage.running { test in
                try await publishAll(stage)
                try await stage.place(9)
                let before = try await checksums(stage)
                for table in Self.tables { #expect(before[table]?.hasPrefix("0 ") == false, "\(table) is empty") }

                try await stage.database.withConnection { owner in
                    for table in Self.tables { try await owner.simpleQuery("DELETE FROM needrecord.\(table)") }
                }
                #expect(try await checksums(stage) != before)
                let plan = try await rebuild(stage)
                #expect(plan == ProjectionRebuild.Plan(first: 0, last: 8, formerPlace: 9))
                try await eventually("another term") { test.auditor.counters.terms == 2 }
                try await stage.place(9)
                #expect(try await checksums(stage) == before)
                #expect(test.auditor.counters.missed == 0)
                #expect(test.auditor.counters.conflictingOutcomes == 0)
                #expect(test.auditor.counters.streamsBegunAnew == 0)
            }
        }
    }

    @Test func `What is there stays, and the quotas hear of nothing twice`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await publishAll(stage)
            // The reservation of the example ends when its time is over, years ago, and stays for what is compared.
            func keepReservations(_ configuration: inout AuditorConfiguration) {
                configuration.endedReservationRetention = .seconds(3_650 * 86_400)
            }
            try await stage.running("auditor-1", keepReservations) { _ in try await stage.place(9) }
            let before = try await checksums(stage)
            #expect(try await stage.chargedMilliseconds() == 69_403)
            try await stage.database.withConnection { owner in
                try await owner.simpleQuery("DELETE FROM needrecord.outcomes WHERE cause = 'decided'")
            }
            _ = try await rebuild(stage)
            try await stage.place(0)
            try await stage.running("auditor-1", keepReservations) { test in
                try await stage.place(9)
                #expect(try await checksums(stage) == before)
                try await eventually("the counters") { test.auditor.counters.outcomes == 1 }
                #expect(test.auditor.counters.recordedFiles == 0)
            }
        }
    }

    @Test func `What is older than anything is kept does not come again`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await publishAll(stage)
            try await stage.running("auditor-1", { $0.retentionDays = 400 }) { test in
                // The examples are some years old.
                try await stage.place(9)
                try await eventually("the counters") { test.auditor.counters.outdated == 16 }
                #expect(test.auditor.counters.dead == 0)
                #expect(try await stage.rowCount() == 0)
                #expect(try await stage.chargedMilliseconds() == 0)
            }
        }
    }

    @Test func `Without a message or an auditor there is nothing to read again`() async throws {
        try await AuditorStage.with { stage in
            #expect(try await rebuild(stage, patience: .seconds(1)) == nil)
            try await stage.publish([.status(1)])
            #expect(try await rebuild(stage) == nil)
        }
    }

    @Test func `What retention has removed is not missed once more, and what nobody had read is`() async throws {
        try await AuditorStage.with(outcomesMaximumBytes: 100_000_000) { stage in
            // Two segments of 100 MB and the beginning of a third: the first is removed.
            let large = AMQPMessage(
                exchange: stage.topology.exchange,
                routingKey: Topology.ingestKey,
                properties: AMQPProperties(type: "large"),
                body: [UInt8](repeating: 0, count: 5_000_000)
            )
            try await stage.publish([.status(1)])
            try await stage.publish(Array(repeating: large, count: 42))
            try await stage.publish([.status(2)])
            try await stage.database.withConnection { owner in
                _ = try await owner.execute(
                    "INSERT INTO needrecord.projections (stream, next_offset) VALUES (\(stage.topology.outcomesStream), 1)"
                )
            }
            let first = try #require(try await rebuild(stage))
            #expect(first.first > 1)
            #expect(first.formerPlace == 1)
            func missed() async throws -> Int { try await stage.value("SELECT missed FROM needrecord.projections") }
            #expect(try await missed() == Int(first.first) - 1)

            #expect(try await rebuild(stage)?.formerPlace == first.first)
            try await stage.running("auditor-1", { $0.prefetch = 5 }) { test in
                try await eventually("the last notice") { test.auditor.counters.recordingStatuses == 1 }
                #expect(test.auditor.counters.missed == 0)
            }
            #expect(try await missed() == Int(first.first) - 1)
        }
    }
}
