import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct AuditCommandTests {
    /// Writes the outcomes of the last minute: one by rule 7, one timeout.
    private static let rows = """
        SELECT needrecord.prepare_outcome_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 1);
        INSERT INTO needrecord.outcomes (event_id, gateway_run, minute, received_at, decided_at, rule, revision, answer_us,
            publishes, need_record, domain, app, stream, anomalies, cause, reason, formats, gateway, worker, answer, decision)
        SELECT id, id, needrecord.event_minute(id), now(), now(), 7, 3, 2000, 1, true, 'd', 'a', 'x,"y', '{}', 'decided',
            'rule', '{mp4,flv}', 'gw-1', 'w-1', '{"NeedRecord":true}', '{"verdict":"record"}'
        FROM (SELECT made_id(1) AS id) AS i;
        INSERT INTO needrecord.outcomes (event_id, gateway_run, minute, received_at, answer_us, publishes, need_record, domain,
            app, stream, anomalies, cause, formats, gateway, answer)
        SELECT id, id, needrecord.event_minute(id), now(), 4000, 1, false, 'd', 'a', 's', '{}', 'timeout', '{}', 'gw-1',
            '{"NeedRecord":false}'
        FROM (SELECT made_id(2) AS id) AS i
        """

    private func withRows(_ body: (ProductDatabase, _ first: String) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            let first = try await database.withConnection { owner in
                let milliseconds = Int64(Date().timeIntervalSince1970 * 1_000)
                func id(_ number: Int) -> String {
                    let time = String(milliseconds, radix: 16)
                    let digits = String(repeating: "0", count: 12 - time.count) + time
                    return "\(digits.prefix(8))-\(digits.suffix(4))-7000-8000-00000000000\(number)"
                }
                let sql = Self.rows.replacingOccurrences(of: "made_id(1)", with: "'\(id(1))'::uuid")
                    .replacingOccurrences(of: "made_id(2)", with: "'\(id(2))'::uuid")
                try await owner.simpleQuery(sql)
                return id(1)
            }
            try await body(database, first)
        }
    }

    private func audit(_ arguments: String..., in database: ProductDatabase) async throws -> NeedRecordRun {
        let run = try await NeedRecordRun.run(["audit"] + arguments, settings: database.settings)
        #expect(run.status == 0, "\(run.text)")
        return run
    }

    @Test func `Outcomes are asked for by each of their sides`() async throws {
        try await withRows { database, first in
            let table = try await audit("outcomes", "--since", "5m", in: database).text
            #expect(table.hasPrefix("RECEIVED_AT "))
            #expect(table.split(separator: "\n").count == 3, "\(table)")
            for arguments in [["--rule", "7"], ["--cause", "decided"], ["--stream", "x,\"y"], ["--event", first]] {
                let run = try await NeedRecordRun.run(
                    ["audit", "outcomes", "--output", "json"] + arguments,
                    settings: database.settings
                )
                // One line is one object.
                #expect(run.json?["event_id"] as? String == first, "\(arguments): \(run.text)")
                #expect(run.json?["need_record"] as? Bool == true)
                #expect(run.json?["rule"] as? Int == 7)
                #expect(run.json?["formats"] as? [String] == ["mp4", "flv"])
            }
            let whole = try await audit("outcomes", "--event", first, "--output", "json", in: database)
            #expect((whole.json?["decision"] as? [String: Any])?["verdict"] as? String == "record")
            #expect(whole.json?["worker_us"] is NSNull)
            let csv = try await audit("outcomes", "--rule", "7", "--output", "csv", in: database).text
            #expect(csv.contains(#","x,""y",7,rule,3,"{mp4,flv}",gw-1,2000,1,"# + first + "\r\n"), "\(csv)")
            #expect(try await audit("outcomes", "--late", "--output", "json", in: database).text.isEmpty)
            try await database.withConnection { owner in
                try await owner.simpleQuery("UPDATE needrecord.outcomes SET late_of = event_id WHERE rule = 7")
            }
            let late = try await audit("outcomes", "--late", "--output", "json", in: database)
            #expect(late.json?["event_id"] as? String == first)
            #expect(late.json?["late_of"] as? String == first)
            let none = try await audit("outcomes", "--domain", "e", "--output", "csv", in: database).text
            #expect(none.hasPrefix("received_at,cause,") && none.hasSuffix("event_id\r\n"), "\(none)")
            #expect(try await audit("outcomes", "--until", "1h", "--output", "json", in: database).text.isEmpty)
            let one = try await audit("outcomes", "--limit", "1", in: database).text
            #expect(one.split(separator: "\n").count == 2)
        }
    }

    /// Writes an outcome that came in so long ago.
    private func insert(_ number: Int, secondsAgo: Int, stream: String, _ owner: PostgresConnection) async throws {
        let milliseconds = Int64(Date().timeIntervalSince1970 * 1_000) - Int64(secondsAgo) * 1_000
        let id = EventID(high: UInt64(milliseconds) << 16 | 0x7000, low: 1 << 63 | UInt64(number)).description
        _ = try await owner.execute(
            """
            INSERT INTO needrecord.outcomes (event_id, gateway_run, minute, received_at, answer_us, publishes, need_record,
                domain, app, stream, anomalies, cause, formats, gateway, answer)
            SELECT id, id, needrecord.event_minute(id), now() - make_interval(secs => \(secondsAgo)::integer), 4000, 1, false,
                'd', 'a', \(stream), '{}', 'timeout', '{}', 'gw-1', '{}'
            FROM (SELECT \(id)::uuid AS id) AS i
            """
        )
    }

    @Test(arguments: ["table", "json", "csv"])
    func `What is followed is printed once, also what reaches the trail late`(output: String) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    SELECT needrecord.prepare_outcome_partitions(
                        (now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 1
                    )
                    """
                )
                try await insert(1, secondsAgo: 300, stream: "long-ago", owner)
                try await insert(2, secondsAgo: 10, stream: "before", owner)
                let child = try ChildProcess(
                    TestEnvironment.executable(),
                    ["audit", "outcomes", "--follow", "--cause", "timeout", "--output", output],
                    environment: database.settings
                )
                try await child.waitForText("before")
                try await insert(3, secondsAgo: 0, stream: "latest", owner)
                try await child.waitForText("latest")
                // Of a gateway whose outcomes come a little later.
                try await insert(4, secondsAgo: 5, stream: "late", owner)
                try await insert(5, secondsAgo: 5, stream: "other", owner)
                try await child.waitForText("other")
                try await insert(6, secondsAgo: 0, stream: "end", owner)
                try await child.waitForText("end")
                let lines = child.text.split(whereSeparator: \.isNewline)
                for stream in ["before", "latest", "late", "other", "end"] {
                    let count = lines.count {
                        $0.split(whereSeparator: { !$0.isLetter && $0 != "-" }).contains(Substring(stream))
                    }
                    #expect(count == 1, "\(stream) in \(child.text)")
                }
                #expect(!child.text.contains("long-ago"))
                #expect(lines.count == (output == "json" ? 5 : 6), "one header at most: \(child.text)")
                child.signal(SIGINT)
                #expect(try await child.wait() == -SIGINT)
            }
        }
    }

    @Test func `What is followed begins where it is told to`() async throws {
        try await withRows { database, first in
            let child = try ChildProcess(
                TestEnvironment.executable(),
                ["audit", "outcomes", "--follow", "--since", "1h", "--rule", "7", "--output", "json"],
                environment: database.settings
            )
            try await child.waitForText(first)
            #expect(!child.text.contains("timeout"))
            child.signal(SIGTERM)
            try await child.wait()
        }
    }

    @Test func `Every question of the document is a command`() async throws {
        let path = TestEnvironment.root.appendingPathComponent("docs/audit.md")
        let commands = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n")
            .filter { $0.hasPrefix("    needrecord audit ") && !$0.hasSuffix("--follow") }
        #expect(commands.count == 16)
        try await withRows { database, _ in
            for command in commands {
                let arguments = command.split(separator: " ").dropFirst().map(String.init)
                let run = try await NeedRecordRun.run(arguments, settings: database.settings)
                #expect(run.status == 0, "\(command): \(run.text)")
                let json = try await NeedRecordRun.run(arguments + ["--output", "json"], settings: database.settings)
                #expect(json.status == 0, "\(command): \(json.text)")
            }
            let fallbacks = try await audit("fallbacks", "--since", "5m", "--output", "json", in: database)
            #expect(fallbacks.json?["timeout"] as? Int == 1, "\(fallbacks.text)")
            #expect(fallbacks.json?["rate"] as? Double == 0.5)
        }
    }

    @Test(arguments: [
        ["outcomes", "--since", "5"], ["outcomes", "--since", "yesterday"], ["times", "--until", "-1h"],
        ["pushes", "--since", "1h", "--until", "2h"], ["outcomes", "--event", "17"], ["outcomes", "--cause", "rain"],
        ["outcomes", "--limit", "0"], ["outcomes", "--follow", "--limit", "3"], ["balance", "--output", "xml"],
        ["weather"],
    ])
    func `A question that cannot be is a wrong command line`(arguments: [String]) async throws {
        let run = try await NeedRecordRun.run(["audit"] + arguments)
        #expect(run.status == 64, "\(run.text)")
    }
}
