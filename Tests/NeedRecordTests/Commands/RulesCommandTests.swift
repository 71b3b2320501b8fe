import Foundation
import TestSupport
import Testing

@Suite struct RulesCommandTests {
    private static let example = [
        "rules", "add", "--domain", "test.com", "--app", "test123", "--stream", "*", "--record", "--format", "mp4",
        "--interval", "mp4=300",
    ]

    @Test func `Rules are added, listed and removed`() async throws {
        try await ProductDatabase.with { database in
            func run(_ arguments: [String]) async throws -> NeedRecordRun {
                try await NeedRecordRun.run(arguments, settings: database.settings)
            }
            let added = try await run(Self.example + ["--note", "the example"])
            #expect(added.status == 0, "\(added.text)")
            #expect(added.text == "added rule 1\n")
            let skip = try await run([
                "rules", "add", "--app", "private", "--skip", "--priority", "-5", "--output", "json",
            ])
            #expect(skip.json?["id"] as? Int == 2)
            #expect(skip.json?["added"] as? Bool == true)

            let table = try await run(["rules", "list"])
            #expect(table.status == 0)
            let lines = table.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(lines.contains("ID SET NAME PRIORITY DOMAIN APP STREAM EFFECT CONDITIONS QUOTA NOTE"))
            #expect(lines.contains("1 default - 0 test.com test123 * record mp4 every mp4=300s - - the example"))
            #expect(lines.contains("2 default - -5 * private * skip - -"))
            #expect(lines.last == "revision 2, 2 rules")

            let list = try await run(["rules", "list", "--output", "json"])
            #expect(list.json?["revision"] as? Int == 2)
            let rules = try #require(list.json?["rules"] as? [[String: Any]])
            let first = try #require(rules.first { $0["id"] as? Int == 1 })
            #expect(first["domain"] as? String == "test.com")
            #expect(first["effect"] as? String == "record")
            #expect(first["formats"] as? [String] == ["mp4"])
            #expect(first["intervals"] as? [String: Int] == ["mp4": 300])
            #expect(first["note"] as? String == "the example")

            let removed = try await run(["rules", "remove", "1", "77"])
            #expect(removed.status == 1)
            #expect(removed.text.contains("removed rule 1\n"))
            #expect(removed.text.contains("there is no rule 77"))
            let last = try await run(["rules", "remove", "2"])
            #expect(last.status == 0)
            #expect(try await run(["rules", "list"]).text.contains("0 rules"))
        }
    }

    @Test func `A rule is added with all that it can demand, and switched on and off`() async throws {
        try await ProductDatabase.with { database in
            func run(_ arguments: String...) async throws -> NeedRecordRun {
                try await NeedRecordRun.run(["rules"] + arguments, settings: database.settings)
            }
            let added = try await run(
                "add",
                "--record",
                "--domain",
                "*.example.com",
                "--stream",
                "vip-?*",
                "--codec",
                "h265",
                "--bitrate-min",
                "1000",
                "--valid-from",
                "2026-12-01T08:00+08:00",
                "--schedule",
                "mon-fri 09:00-18:00",
                "--schedule",
                "sat 22:00-02:00",
                "--time-zone",
                "Asia/Shanghai",
                "--percentage",
                "12.5",
                "--name",
                "vip",
                "--rule-set",
                "policies",
                "--disabled"
            )
            #expect(added.text == "added rule 1\n")
            func rule() async throws -> [String: Any] {
                let list = try await run("list", "--rule-set", "policies", "--output", "json")
                return try #require((list.json?["rules"] as? [[String: Any]])?.first)
            }
            let rule1 = try await rule()
            #expect(rule1["set"] as? String == "policies")
            #expect(rule1["name"] as? String == "vip")
            #expect(rule1["enabled"] as? Bool == false)
            #expect(rule1["domain"] as? String == "*.example.com")
            #expect(rule1["codec"] as? String == "h265")
            #expect(rule1["bitrate_min"] as? Int == 1_000)
            #expect(rule1["valid_from"] as? String == "2026-12-01T00:00:00.000Z")
            #expect(rule1["schedule"] as? [String] == ["mon-fri 09:00-18:00", "sat 22:00-02:00"])
            #expect(rule1["time_zone"] as? String == "Asia/Shanghai")
            #expect(rule1["percentage"] as? String == "12.5")

            #expect(try await run("enable", "1").text == "enabled rule 1\n")
            #expect(try await rule()["enabled"] as? Bool == true)
            let disabled = try await run("disable", "1", "7")
            #expect(disabled.status == 1)
            #expect(disabled.text.contains("disabled rule 1\n"))
            #expect(disabled.text.contains("there is no rule 7"))

            let taken = try await run("add", "--skip", "--name", "vip", "--rule-set", "policies")
            #expect(taken.status == 1)
            #expect(taken.text.contains("a name is there once in a set"), "\(taken.text)")
            let unknown = try await run("add", "--record", "--quota", "nothing")
            #expect(unknown.status == 1)
            #expect(unknown.text.contains("a rule names a quota that there is not"), "\(unknown.text)")
        }
    }

    @Test func `The same rule is added once with --if-absent`() async throws {
        try await ProductDatabase.with { database in
            func add() async throws -> NeedRecordRun {
                try await NeedRecordRun.run(Self.example + ["--if-absent"], settings: database.settings)
            }
            #expect(try await add().text == "added rule 1\n")
            let again = try await add()
            #expect(again.status == 0)
            #expect(again.text == "rule 1 is the same\n")
        }
    }

    @Test(arguments: [
        ([], "--record"),
        (["--record", "--skip"], "--skip"),
        (["--record", "--format", "mp5"], "mp5"),
        (["--record", "--format", "MP4"], "MP4"),
        (["--record", "--format", "mp4", "--format", "mp4"], "twice"),
        (["--record", "--interval", "mp4=4"], "5 to 21600"),
        (["--record", "--interval", "mp4=21601"], "5 to 21600"),
        (["--record", "--interval", "mp4"], "--interval mp4 "),
        (["--record", "--interval", "mp4=x"], "--interval mp4=x"),
        (["--record", "--interval", "ts=30"], "ts=30"),
        (["--record", "--interval", "mp4=30", "--interval", "mp4=40"], "twice"),
        (["--record", "--format", "flv", "--interval", "mp4=30"], "mp4"),
        (["--skip", "--format", "mp4"], "--skip"),
        (["--skip", "--interval", "mp4=30"], "--skip"),
        (["--skip", "--stream", ""], "--stream"),
        (["--skip", "--stream", #"a\b"#], "--stream"),
        (["--skip", "--codec", "av1"], "--codec"),
        (["--skip", "--bitrate-min", "5", "--bitrate-max", "4"], "--bitrate-min"),
        (["--skip", "--valid-from", "2026-12-01"], "--valid-from"),
        (["--skip", "--schedule", "mon 01:00-02:00"], "--time-zone"),
        (["--skip", "--schedule", "always", "--time-zone", "UTC"], "--schedule"),
        (["--skip", "--schedule", "mon 01:00-02:00", "--time-zone", "CST"], "--time-zone"),
        (["--skip", "--percentage", "101"], "--percentage"),
        (["--skip", "--quota", "basic"], "--quota"),
        (["--skip", "--name", "a b"], "--name"),
        (["--skip", "--rule-set", ""], "--rule-set"),
        (["--skip", "--domain", String(repeating: "x", count: 256)], "--domain"),
        (["--skip", "--priority", "x"], "--priority"),
    ])
    func `A rule that cannot be is a wrong command line`(arguments: [String], named: String) async throws {
        let run = try await NeedRecordRun.run(["rules", "add"] + arguments)
        #expect(run.status == 64, "\(run.text)")
        #expect(run.text.contains(named), "\(run.text)")
    }

    @Test(arguments: [["--priority", "1000001"], ["--note", String(repeating: "x", count: 1_001)]])
    func `What the database refuses is told`(arguments: [String]) async throws {
        try await ProductDatabase.with { database in
            let run = try await NeedRecordRun.run(["rules", "add", "--skip"] + arguments, settings: database.settings)
            #expect(run.status == 1)
            #expect(run.text.contains("the database refuses this rule"), "\(run.text)")
        }
    }

    @Test func `A database that is absent or not migrated is told`() async throws {
        let absent = try await NeedRecordRun.run("rules", "list")
        #expect(absent.status == 1)
        #expect(absent.text.contains("needrecord: the database: "))
        try await ProductDatabase.with(isMigrated: false) { database in
            let run = try await NeedRecordRun.run("rules", "list", settings: database.settings)
            #expect(run.status == 1)
            #expect(run.text.contains("needrecord: the database: "))
        }
    }
}
