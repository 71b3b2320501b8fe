import AMQP
import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct VerifyCommandTests {
    private static let run = GatewayRun(gateway: "gw-1", id: EventID(high: 0x018B_CFE5_6800_7FFF, low: 1 << 63))
    /// The beginning of a minute that is well over.
    private static let minute: Timestamp = {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        return Timestamp(millisecondsSinceEpoch: now - now % 60_000 - 600_000)
    }()

    private static func id(_ number: Int) -> EventID {
        EventID(high: UInt64(minute.millisecondsSinceEpoch) << 16 | 0x7000, low: 1 << 63 | UInt64(number))
    }

    private static func message(_ number: Int, _ topology: Topology) -> AMQPMessage {
        message(id(number), topology)
    }

    private static func message(_ id: EventID, _ topology: Topology) -> AMQPMessage {
        let event = StreamEvent(id: id, receivedAt: minute, domain: "d", app: "a", stream: "s")
        return EventRequest.message(
            event: event,
            body: event.encodedBody(),
            replyTo: "nobody",
            deadline: minute,
            remaining: .milliseconds(1),
            topology: topology,
            run: run
        )
    }

    private static func insert(_ numbers: [Int], on owner: PostgresConnection) async throws {
        try await insert(numbers.map(id), on: owner)
    }

    private static func insert(_ ids: [EventID], on owner: PostgresConnection) async throws {
        let day = minute.description.prefix(10)
        // The ids may be of now, and that of the next day.
        try await owner.simpleQuery("SELECT needrecord.prepare_outcome_partitions('\(day)', '\(day)'::date + 1)")
        for id in ids {
            try await owner.simpleQuery(
                """
                INSERT INTO needrecord.outcomes (
                    event_id, gateway_run, minute, received_at, decided_at, rule, revision, answer_us, publish_us,
                    reply_us, worker_us, facts_us, publishes, need_record, domain, app, stream, anomalies, cause,
                    reason, formats, gateway, worker, answer, decision
                ) VALUES (
                    '\(id)', '\(run.id)', needrecord.event_minute('\(id)'), '\(minute)', '\(minute)', 7,
                    3, 2000, 100, 1900, 800, 500, 1, true, 'd', 'a', 's', '{}', 'decided', 'rule', '{mp4}', 'gw-1',
                    'w-1', '{"NeedRecord":true}', '{}'
                )
                """
            )
        }
    }

    private static func count(_ decided: Int, on owner: PostgresConnection) async throws {
        try await owner.simpleQuery(
            """
            INSERT INTO needrecord.gateway_minutes (gateway_run, minute, received, unkept, gateway, outcomes)
            VALUES ('\(run.id)', '\(minute)', \(decided), 0, 'gw-1', '{"decided": \(decided)}')
            """
        )
    }

    private static func verify(_ stage: BrokerStage, output: String = "json") async throws -> NeedRecordRun {
        let to = minute.advanced(by: .seconds(60)).description
        return try await stage.verify("--from", minute.description, "--to", to, "--output", output)
    }

    @Test func `Without a message and without a row it adds up`() async throws {
        try await BrokerStage.with { stage in
            let run = try await stage.run("verify")
            #expect(run.status == 0, "\(run.text)")
            #expect(run.text.hasSuffix("It adds up.\n"))
        }
    }

    @Test func `What is all there adds up, and one outcome that is deleted does not`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([1, 2, 3, 2].map { Self.message($0, stage.topology) })
            try await stage.database.withConnection { owner in
                try await Self.insert([1, 2, 3], on: owner)
                try await Self.count(3, on: owner)
            }
            let before = try await Self.verify(stage)
            #expect(before.status == 0, "\(before.text)")
            #expect(before.json?["callbacks"] as? Int == 3)
            #expect(before.json?["repeated"] as? Int == 1)
            #expect(before.json?["outcomes"] as? Int == 3)
            #expect(before.json?["adds_up"] as? Bool == true)

            try await stage.database.withConnection { owner in
                try await owner.simpleQuery("DELETE FROM needrecord.outcomes WHERE event_id = '\(Self.id(2))'")
            }
            let after = try await Self.verify(stage)
            #expect(after.status == 3, "\(after.text)")
            let counts = try #require(after.json?["counts"] as? [String: Int])
            #expect(counts["missing"] == 1)
            #expect(counts["unbalanced"] == 1)
            let findings = try #require(after.json?["findings"] as? [[String: Any]])
            #expect(findings.first { $0["kind"] as? String == "missing" }?["event"] as? String == "\(Self.id(2))")
        }
    }

    @Test func `A gateway that was killed leaves it open what it answered, until it is heard of again`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([1, 2].map { Self.message($0, stage.topology) })
            try await stage.database.withConnection { try await Self.insert([1], on: $0) }
            let silent = try await Self.verify(stage)
            #expect(silent.status == 4, "\(silent.text)")
            #expect((silent.json?["counts"] as? [String: Int])?["silent"] == 1)
            #expect(silent.json?["uncounted"] as? Int == 1)
            #expect(silent.json?["adds_up"] as? Bool == false)
            #expect(silent.json?["verdict"] as? String == "open")
            let text = try await Self.verify(stage, output: "text").text
            #expect(text.contains("start it under its name"), "\(text)")
            #expect(text.hasSuffix("\nIt adds up, but for 1 callback of which it cannot be told yet.\n"), "\(text)")

            // It tells of a minute after the window.
            try await stage.database.withConnection { owner in
                let run = EventID(high: Self.run.id.high + 1 << 16, low: Self.run.id.low)
                let minute = Self.minute.advanced(by: .seconds(60))
                try await owner.simpleQuery(
                    """
                    INSERT INTO needrecord.gateway_minutes (gateway_run, minute, received, unkept, gateway, outcomes)
                    VALUES ('\(run)', '\(minute)', 1, 0, 'gw-1', '{"decided": 1}')
                    """
                )
            }
            let unanswered = try await Self.verify(stage)
            #expect(unanswered.status == 0, "\(unanswered.text)")
            #expect((unanswered.json?["counts"] as? [String: Int])?["unanswered"] == 1)
            #expect(unanswered.json?["adds_up"] as? Bool == true)
        }
    }

    @Test func `A window may end with the running minute, and what is young in it is open`() async throws {
        try await BrokerStage.with { stage in
            let now = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
            let young = EventID(high: UInt64(now.millisecondsSinceEpoch) << 16 | 0x7000, low: 1 << 63)
            try await stage.publish([Self.message(young, stage.topology)])
            try await stage.database.withConnection { try await Self.insert([EventID](), on: $0) }
            let end = Timestamp(millisecondsSinceEpoch: (now.millisecondsSinceEpoch / 60_000 + 1) * 60_000)
            let run = try await stage.verify("--from", "5m", "--to", end.description, "--output", "json")
            #expect(run.status == 4, "\(run.text)")
            #expect((run.json?["counts"] as? [String: Int])?["recent"] == 1)
            // Two minutes ago is the default.
            let before = try await stage.verify("--from", "5m", "--output", "json")
            #expect(before.status == 0, "\(before.text)")
            #expect(before.json?["callbacks"] as? Int == 0)
        }
    }

    @Test func `A callback of a day that the audit trail no longer has cannot be compared`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([Self.message(1, stage.topology)])
            let empty = try await Self.verify(stage)
            #expect(empty.status == 1)
            #expect(empty.text.contains("the audit trail has no day at all"), "\(empty.text)")
            try await stage.database.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    SELECT needrecord.prepare_outcome_partitions(d + 1, d + 2)
                    FROM (SELECT ('\(Self.minute)'::timestamptz AT TIME ZONE 'UTC')::date AS d) AS days
                    """
                )
            }
            let dropped = try await Self.verify(stage)
            #expect(dropped.status == 1)
            #expect(dropped.text.contains("choose a later --from"), "\(dropped.text)")
            #expect(dropped.text.contains("there is a callback of \(Self.minute)"), "\(dropped.text)")
        }
    }

    // MARK: - The stream

    @Test func `A callback of a gateway whose clock is wrong ends no reading`() async throws {
        try await BrokerStage.with { stage in
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            let ahead = EventID(high: UInt64(now + 86_400_000) << 16 | 0x7000, low: 1 << 63)
            // More than are handed out at once, so that it could end there.
            let others = (1...4_000).map { EventID(high: UInt64(now) << 16 | 0x7000, low: 1 << 63 | UInt64($0)) }
            try await stage.publish(([ahead] + others).map { Self.message($0, stage.topology) })
            try await stage.database.withConnection { try await Self.insert([others[3_999]], on: $0) }
            let start = Timestamp(millisecondsSinceEpoch: now).description
            let end = Timestamp(millisecondsSinceEpoch: (now / 60_000 + 1) * 60_000).description
            let run = try await stage.verify("--from", start, "--to", end, "--limit", "0", "--output", "json")
            #expect(run.json?["callbacks"] as? Int == 4_000, "\(run.text)")
            #expect((run.json?["counts"] as? [String: Int])?["uncopied"] == 0)
            #expect((run.json?["counts"] as? [String: Int])?["recent"] == 3_999)
        }
    }

    @Test func `A stream that was declared anew is told by the outcomes that were before`() async throws {
        try await BrokerStage.with { stage in
            let late = EventID(high: Self.id(0).high + 50_000 << 16, low: Self.id(0).low)
            try await stage.publish([Self.message(late, stage.topology)])
            try await stage.database.withConnection { owner in
                try await Self.insert([1], on: owner)
                try await Self.insert([late], on: owner)
                try await Self.count(2, on: owner)
            }
            let run = try await Self.verify(stage)
            #expect(run.status == 3, "\(run.text)")
            #expect((run.json?["counts"] as? [String: Int])?["uncopied"] == 1)
            #expect(run.json?["stream_begins"] as? String == late.timestamp.description)
            #expect(run.json?["stream_declared_anew"] as? Bool == true)
            let text = try await Self.verify(stage, output: "text").text
            #expect(text.contains("somebody has deleted it and declared it anew"), "\(text)")

            // The first callback ever has none before it.
            try await stage.database.withConnection { owner in
                try await owner.simpleQuery("DELETE FROM needrecord.outcomes WHERE event_id = '\(Self.id(1))'")
                try await owner.simpleQuery("DELETE FROM needrecord.gateway_minutes")
                try await Self.count(1, on: owner)
            }
            let first = try await Self.verify(stage)
            #expect(first.status == 0, "\(first.text)")
            #expect(first.json?["stream_begins"] == nil)
        }
    }

    @Test func `What the retention of the callbacks stream has removed is no longer compared`() async throws {
        try await BrokerStage.with(callbacksMaximumBytes: 100_000_000) { stage in
            // Two segments of 100 MB and the beginning of a third: the first is removed.
            var large = Self.message(1, stage.topology)
            large.body = [UInt8](repeating: 0, count: 5_000_000)
            let ids = (1...42).map { second in
                EventID(high: Self.id(0).high + UInt64(second * 1_000) << 16, low: Self.id(0).low)
            }
            for id in ids {
                large.properties.messageID = id.description
                try await stage.publish([large])
            }
            try await stage.database.withConnection { owner in
                try await Self.insert(ids, on: owner)
                try await Self.count(42, on: owner)
            }
            let run = try await Self.verify(stage)
            #expect(run.status == 3, "\(run.text)")
            let begins = try #require(run.json?["stream_begins"] as? String)
            #expect(begins > Self.minute.description)
            #expect(run.json?["stream_declared_anew"] as? Bool == false)
            let callbacks = try #require(run.json?["callbacks"] as? Int)
            #expect((1..<42).contains(callbacks))
            #expect((run.json?["counts"] as? [String: Int])?["uncopied"] == 42 - callbacks)
            let text = try await Self.verify(stage, output: "text").text
            #expect(text.contains("what was before is gone (by its retention)"), "\(text)")
            // What is there adds up.
            let end = Self.minute.advanced(by: .seconds(60)).description
            let rest = try await stage.verify("--from", begins, "--to", end)
            #expect(rest.status == 0, "\(rest.text)")
        }
    }

    @Test func `Messages that the auditor has missed are told`() async throws {
        try await BrokerStage.with { stage in
            try await stage.database.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    INSERT INTO needrecord.projections (stream, next_offset, missed)
                    VALUES ('\(stage.topology.outcomesStream)', 9, 7)
                    """
                )
            }
            let run = try await Self.verify(stage)
            #expect(run.status == 3, "\(run.text)")
            #expect(run.json?["missed_messages"] as? Int == 7)
            let text = try await Self.verify(stage, output: "text").text
            #expect(text.contains("has missed 7 messages"), "\(text)")
        }
    }

    // MARK: - The rest

    @Test func `More rows than were counted are unexpected, and those without a callback are uncopied`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([Self.message(1, stage.topology)])
            try await stage.database.withConnection { owner in
                try await Self.insert([1, 2], on: owner)
                try await Self.count(1, on: owner)
            }
            let run = try await Self.verify(stage)
            #expect(run.status == 3, "\(run.text)")
            let counts = try #require(run.json?["counts"] as? [String: Int])
            #expect(counts["unexpected"] == 1)
            #expect(counts["uncopied"] == 1)
        }
    }

    @Test func `An auditor that has not kept what is in the stream is told`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([
                AuditMessage.message(
                    records: [Array("{}".utf8)],
                    id: "m-1",
                    sentAt: Self.minute,
                    topology: stage.topology,
                    sender: "gw-1"
                )
            ])
            let run = try await Self.verify(stage)
            #expect(run.status == 3, "\(run.text)")
            #expect(run.json?["auditor_behind"] as? Int == 1)
        }
    }

    @Test(arguments: [
        (["--to", "2099-01-01T00:00:00Z"], "the end of the running minute"),
        (["--from", "1h", "--to", "2h"], "is not before"),
        (["--from", "yesterday"], "yesterday"),
        (["--limit", "-1"], "--limit"), (["--patience", "99ms"], "--patience"),
    ])
    func `A window that cannot be is a wrong command line`(arguments: [String], named: String) async throws {
        let run = try await NeedRecordRun.run(["verify"] + arguments)
        #expect(run.status == 64, "\(run.text)")
        #expect(run.text.contains(named), "\(run.text)")
    }
}

extension BrokerStage {
    /// Verifies, and does not wait for long.
    fileprivate func verify(_ arguments: String...) async throws -> NeedRecordRun {
        try await run(["verify", "--patience", "3s"] + arguments)
    }
}
