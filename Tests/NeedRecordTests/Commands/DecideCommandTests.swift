import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct DecideCommandTests {
    private func decide(
        _ stream: String,
        _ more: String...,
        in database: ProductDatabase
    ) async throws -> NeedRecordRun {
        let question = ["decide", "--domain", "test.com", "--app", "test123", "--stream", stream]
        return try await NeedRecordRun.run(question + more, settings: database.settings)
    }

    private func write(_ sql: String, _ database: ProductDatabase) async throws {
        try await database.withConnection(role: "needrecord_operator") { try await $0.simpleQuery(sql) }
    }

    @Test func `A decision is told with its reason, and on demand with the rules that lost`() async throws {
        try await ProductDatabase.with { database in
            let none = try await decide("s", in: database)
            #expect(none.status == 0, "\(none.text)")
            #expect(none.text.contains(#"answer    {"ApiVersion":"1.0","NeedRecord":false}"#))
            #expect(none.text.contains("no rule matches"))
            try await write(
                """
                INSERT INTO needrecord.rules (domain, effect, formats, interval_mp4) VALUES ('test.com', 'record', '{mp4}', 300);
                INSERT INTO needrecord.rules (domain, stream, effect) VALUES ('test.com', 'private', 'skip');
                INSERT INTO needrecord.rules (domain, stream, effect, codec) VALUES ('test.com', 'priv*', 'record', 'h265');
                """,
                database
            )
            let text = try await decide("s", in: database).text
            #expect(
                text.contains(
                    #"answer    {"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#
                )
            )
            #expect(text.contains("reason    rule 1 "))
            #expect(text.contains("revision  1"))
            #expect(!text.contains("lost"))

            let explained = try await decide("private", "--explain", "--vbitrate", "800", in: database).text
            for line in [
                "reason    rule 2 (test.com / * / private: skip)",
                "lost      rule 1 (test.com / * / *: record mp4 every mp4=300s): wider",
                "lost      rule 3 (test.com / * / priv*: record): codec: h265 is demanded, and it is h264",
                "event     test.com / test123 / private, h264, 800 kbit/s",
                "revision  1 of ",
                "clock     ",
            ] {
                #expect(explained.contains(line), "\(line) in \(explained)")
            }

            let json = try #require(try await decide("private", "--output", "json", in: database).json)
            #expect(json["verdict"] as? String == "skip")
            #expect(json["answer"] as? String == #"{"ApiVersion":"1.0","NeedRecord":false}"#)
            #expect(json["rule"] as? Int == 2)
            #expect(json["revision"] as? Int == 1)
            #expect((json["event"] as? [String: Any])?["stream"] as? String == "private")
            #expect((json["rules"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [1, 2, 3])
            let losers = try #require(json["losing_rules"] as? [[String: Any]])
            #expect(losers.count == 2)
            #expect(losers[0]["rule"] as? Int == 1)
            #expect(losers[0]["preceded"] as? String == "specificity")
            #expect(losers[1]["unmet"] as? String == "codec")
            #expect(losers[1]["demanded"] as? String == "h265")
            #expect(losers[1]["found"] as? String == "h264")
        }
    }

    @Test func `A decision can be asked for at any time, on the rules of any revision`() async throws {
        try await ProductDatabase.with { database in
            try await write(
                """
                INSERT INTO needrecord.rules (effect, schedule, time_zone)
                VALUES ('record', '{mon-fri 09:00-17:00}', 'Europe/Berlin')
                """,
                database
            )
            try await write("UPDATE needrecord.rules SET enabled = false", database)
            let monday = ["--at", "2026-11-23T08:59:59+00:00", "--explain", "--revision", "1"]
            func decide(_ arguments: [String]) async throws -> String {
                let question = ["decide", "--domain", "d", "--app", "a", "--stream", "s"]
                return try await NeedRecordRun.run(question + arguments, settings: database.settings).text
            }
            let open = try await decide(monday)
            #expect(open.contains(#""NeedRecord":true"#), "\(open)")
            #expect(open.contains("2026-11-23T09:59:59 in Europe/Berlin"), "\(open)")
            let early = try await decide(["--at", "2026-11-23T08:59+01:00", "--explain", "--revision", "1"])
            #expect(early.contains("schedule: mon-fri 09:00-17:00 Europe/Berlin is demanded, and it is mon 08:59"))
            #expect(try await decide(["--explain"]).contains("not enabled"))
            #expect(try await decide(["--revision", "0"]).contains("no rule matches"))
            #expect(try await decide(["--as-of", "2020-01-01T00:00Z"]).contains("revision  0"))

            let beyond = ["decide", "--domain", "d", "--app", "a", "--stream", "s", "--revision", "3"]
            let failed = try await NeedRecordRun.run(beyond, settings: database.settings)
            #expect(failed.status == 1)
            #expect(failed.text.contains("there is no revision 3; the current one is 2"))
        }
    }

    @Test func `A rule file that is not published stands in the place of its set`() async throws {
        try await ProductDatabase.with { database in
            try await write(
                """
                INSERT INTO needrecord.rules (rule_set, name, effect) VALUES ('policies', 'all', 'record');
                INSERT INTO needrecord.rules (stream, effect) VALUES ('mine', 'record');
                """,
                database
            )
            try await withFile(
                "set: policies\nrules:\n  - { name: all, skip: true }\n  - { stream: 'm*', priority: 1, skip: true }\n",
                suffix: ".yaml"
            ) { path in
                let other = try await decide("other", "--rules", path, "--explain", in: database).text
                #expect(other.contains("reason    rule 1 policies/all (* / * / *: skip)"), "\(other)")
                #expect(
                    other.contains("lost      new rule (* / * / m*: skip): stream: m* is demanded, and it is other")
                )
                let mine = try await decide("mine", "--rules", path, in: database).text
                #expect(mine.contains("reason    new rule (* / * / m*: skip)"), "\(mine)")
            }
            #expect(try await decide("other", in: database).text.contains(#""NeedRecord":true"#))
            try await withFile("rules: [{ record: maybe }]", suffix: ".yaml") { path in
                let run = try await decide("s", "--rules", path, in: database)
                #expect(run.status == 1)
                #expect(run.text.contains("\(path):1:"), "\(run.text)")
            }
        }
    }

    @Test func `A quota is asked what it would say, and nothing is charged`() async throws {
        try await ProductDatabase.with { database in
            try await write(
                """
                INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('none', 'group', 0), ('one', 'app', 1);
                INSERT INTO needrecord.rules (stream, effect, quota) VALUES ('a', 'record', 'none'), ('b', 'record', 'one');
                """,
                database
            )
            let denied = try await decide("a", "--explain", in: database).text
            #expect(denied.contains("but its quota has no room"), "\(denied)")
            #expect(
                denied.contains("quota     none: there is no room; 0 of 0 recordings at the same time"),
                "\(denied)"
            )
            for _ in 0..<2 {
                let granted = try await decide("b", "--explain", in: database).text
                #expect(granted.contains("quota     one for test.com/test123: there is room; 0 of 1"), "\(granted)")
            }
        }
    }

    @Test(arguments: [
        ["--domain", "", "--app", "a", "--stream", "s"],
        ["--domain", "d", "--app", "a", "--stream", String(repeating: "x", count: 256)],
        ["--domain", "d", "--app", "a", "--stream", "s", "--codec", "av1"],
        ["--domain", "d", "--app", "a", "--stream", "s", "--vbitrate", "x"],
        ["--domain", "d", "--app", "a", "--stream", "s", "--vbitrate", "-1"],
        ["--domain", "d", "--app", "a", "--stream", "s", "--at", "tomorrow"],
        ["--domain", "d", "--app", "a", "--stream", "s", "--as-of", "2026-01-01"],
        ["--domain", "d", "--app", "a", "--stream", "s", "--revision", "1", "--as-of", "2026-01-01T00:00Z"],
        ["--domain", "d", "--app", "a"],
    ])
    func `A question that cannot be is a wrong command line`(arguments: [String]) async throws {
        #expect(try await NeedRecordRun.run(["decide"] + arguments).status == 64)
    }
}
