import AMQP
import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing
import Wire

@Suite struct VerifyCommandTests {
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
        let event = StreamEvent(id: id(number), receivedAt: minute, domain: "d", app: "a", stream: "s")
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
        let day = minute.description.prefix(10)
        try await owner.simpleQuery("SELECT needrecord.prepare_outcome_partitions('\(day)', '\(day)')")
        for number in numbers {
            try await owner.simpleQuery(
                """
                INSERT INTO needrecord.outcomes (
                    event_id, gateway_run, minute, received_at, decided_at, rule, revision, answer_us, publish_us,
                    reply_us, worker_us, facts_us, publishes, need_record, domain, app, stream, anomalies, cause,
                    reason, formats, gateway, worker, answer, decision
                ) VALUES (
                    '\(id(number))', '\(run.id)', needrecord.event_minute('\(id(number))'), '\(minute)', '\(minute)', 7,
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

    private static func verify(_ stage: BrokerStage) async throws -> NeedRecordRun {
        let to = minute.advanced(by: .seconds(60)).description
        return try await stage.run("verify", "--from", minute.description, "--to", to, "--output", "json")
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

    @Test func `A callback of a run that never told of its minute is unanswered, which is no fault`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([1, 2].map { Self.message($0, stage.topology) })
            try await stage.database.withConnection { try await Self.insert([1], on: $0) }
            let run = try await Self.verify(stage)
            #expect(run.status == 0, "\(run.text)")
            #expect((run.json?["counts"] as? [String: Int])?["unanswered"] == 1)
            #expect(run.json?["uncounted"] as? Int == 1)
        }
    }

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
        (["--to", "1m"], "two minutes ago"),
        (["--from", "1h", "--to", "2h"], "is not before"),
        (["--from", "yesterday"], "yesterday"),
        (["--limit", "-1"], "--limit"),
    ])
    func `A window that cannot be is a wrong command line`(arguments: [String], named: String) async throws {
        let run = try await NeedRecordRun.run(["verify"] + arguments)
        #expect(run.status == 64, "\(run.text)")
        #expect(run.text.contains(named), "\(run.text)")
    }
}
