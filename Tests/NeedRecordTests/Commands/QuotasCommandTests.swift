import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct QuotasCommandTests {
    private static let gold = [
        "quotas", "set", "gold", "--scope", "app", "--concurrent", "3", "--minutes", "600", "--time-zone",
        "Asia/Shanghai", "--expiry", "7d", "--start-expiry", "90s", "--note", "paid",
    ]

    @Test func `Quotas are set, changed, listed and removed`() async throws {
        try await ProductDatabase.with { database in
            func run(_ arguments: [String]) async throws -> NeedRecordRun {
                try await NeedRecordRun.run(arguments, settings: database.settings)
            }
            let made = try await run(Self.gold)
            #expect(made.status == 0, "\(made.text)")
            #expect(made.text == "made quota gold\n")
            let basic = try await run([
                "quotas", "set", "basic", "--scope", "group", "--minutes", "0", "--output", "json",
            ])
            #expect(basic.json?["quota"] as? String == "basic")
            #expect(basic.json?["new"] as? Bool == true)
            #expect(try await run(Self.gold).text == "changed quota gold\n")

            let table = try await run(["quotas", "list"])
            #expect(table.status == 0)
            let lines = table.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(
                lines == [
                    "QUOTA SCOPE CONCURRENT MINUTES TIME ZONE EXPIRY START NOTE", "basic group - 0 UTC 24h -",
                    "gold app 3 600 Asia/Shanghai 7d 90s paid",
                ]
            )
            let list = try await run(["quotas", "list", "--output", "json"])
            let quotas = try #require(list.json?["quotas"] as? [[String: Any]])
            #expect(quotas.map { $0["quota"] as? String } == ["basic", "gold"])
            #expect(quotas[1]["concurrent_limit"] as? Int == 3)
            #expect(quotas[0]["concurrent_limit"] == nil)
            #expect(quotas[1]["expiry_seconds"] as? Int == 604_800)
            #expect(quotas[1]["start_expiry_seconds"] as? Int == 90)
            #expect(quotas[0]["start_expiry_seconds"] == nil)

            let removed = try await run(["quotas", "remove", "gold", "silver"])
            #expect(removed.status == 1)
            #expect(removed.text.contains("removed quota gold\n"))
            #expect(removed.text.contains("there is no quota silver"))
            #expect(try await run(["quotas", "remove", "basic"]).status == 0)
        }
    }

    @Test func `A quota that rules name is not removed, and they are told`() async throws {
        try await ProductDatabase.with { database in
            _ = try await NeedRecordRun.run(Self.gold, settings: database.settings)
            try await database.withConnection { owner in
                try await owner.simpleQuery(
                    "INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'gold'), ('record', 'gold')"
                )
            }
            let run = try await NeedRecordRun.run("quotas", "remove", "gold", settings: database.settings)
            #expect(run.status == 1)
            #expect(run.text.contains("still named by rules 1, 2"), "\(run.text)")
        }
    }

    @Test(arguments: [
        (["q", "--concurrent", "1"], "--scope"),
        (["q", "--scope", "stream", "--concurrent", "1"], "stream"),
        (["q", "--scope", "app"], "--concurrent, --minutes or both"),
        (["q", "--scope", "app", "--concurrent=-1"], "--concurrent must be 0 to 2147483647"),
        (["q", "--scope", "app", "--minutes", "2147483648"], "--minutes must be"),
        (["q", "--scope", "app", "--minutes", "1", "--expiry", "4m"], "--expiry must be 5m to 31d"),
        (
            ["q", "--scope", "app", "--minutes", "1", "--expiry", "1h", "--start-expiry", "2h"],
            "--start-expiry must not"
        ),
        (["q", "--scope", "app", "--minutes", "1", "--start-expiry", "9s"], "9s"),
        (["q", "--scope", "app", "--minutes", "-1"], "--minutes must be"),
        (["q", "--scope", "app", "--minutes", "1", "--expiry", "32d"], "32d"),
        (["q", "--scope", "app", "--minutes", "1", "--expiry", "24"], "24"),
        (["q", "--scope", "app", "--minutes", "1", "--expiry", "+5h"], "+5h"),
        (["--scope", "app", "--minutes", "1"], "<name>"),
    ])
    func `A quota that cannot be is a wrong command line`(arguments: [String], named: String) async throws {
        let run = try await NeedRecordRun.run(["quotas", "set"] + arguments)
        #expect(run.status == 64, "\(run.text)")
        #expect(run.text.contains(named), "\(run.text)")
    }

    @Test(arguments: [
        (["a b", "--scope", "app", "--minutes", "1"], "label_spelling"),
        (["q", "--scope", "app", "--minutes", "1", "--time-zone", "Mars/Olympus"], "time_zone_known"),
        (["gold", "--scope", "domain", "--minutes", "1"], "the scope of a quota cannot change"),
    ])
    func `What the database refuses is told`(arguments: [String], reason: String) async throws {
        try await ProductDatabase.with { database in
            _ = try await NeedRecordRun.run(Self.gold, settings: database.settings)
            let run = try await NeedRecordRun.run(["quotas", "set"] + arguments, settings: database.settings)
            #expect(run.status == 1)
            #expect(run.text.contains("the database refuses this quota"), "\(run.text)")
            #expect(run.text.contains(reason), "\(run.text)")
        }
    }
}
