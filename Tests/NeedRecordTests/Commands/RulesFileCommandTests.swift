import Foundation
import Postgres
import TestSupport
import Testing

/// Rule files, from the command line to the database and back.
@Suite struct RulesFileCommandTests {
    private static let file = """
        set: policies
        rules:
          - name: vip
            domain: live.example.com
            app: live
            stream: "vip-*"
            record: { formats: [mp4], intervals: { mp4: 300 } }
          - app: private
            skip: true
            note: nobody's business
        """

    private static func withRules(_ body: (_ run: (String...) async throws -> NeedRecordRun) async throws -> Void)
        async throws
    {
        try await ProductDatabase.with { database in
            try await body { (arguments: String...) in
                try await NeedRecordRun.run(["rules"] + arguments, settings: database.settings)
            }
        }
    }

    @Test func `A file is published, exported, compared and rolled back`() async throws {
        try await Self.withRules { run in
            try await withFile(Self.file, suffix: ".yaml") { path in
                let before = try await run("diff", path)
                #expect(before.status == 1, "\(before.text)")
                #expect(before.text.contains("+ rule (vip) live.example.com / live / vip-*: record mp4 every mp4=300s"))

                let trial = try await run("publish", path, "--dry-run")
                #expect(trial.status == 0, "\(trial.text)")
                #expect(
                    trial.text.contains("2 added, 0 changed, 0 removed: nothing was changed, it would be revision 1")
                )

                let published = try await run("publish", path, "--note", "the first", "--output", "json")
                #expect(published.status == 0, "\(published.text)")
                #expect(published.json?["revision"] as? Int == 1)
                #expect((published.json?["added"] as? [Any])?.count == 2)

                let again = try await run("publish", path)
                #expect(again.text.contains("nothing to change: the rules are at revision 1"))
                let same = try await run("diff", path)
                #expect(same.status == 0)
                #expect(same.text == "no difference\n")

                let exported = try await run("export", "--rule-set", "policies")
                try await withFile(exported.text, suffix: ".yaml") { copy in
                    let none = try await run("diff", copy)
                    #expect(none.status == 0, "\(none.text)")
                }
                #expect(try await run("export").text == "set: default\nrules: []\n")
            }
            let changed = Self.file.replacingOccurrences(of: "mp4: 300", with: "mp4: 600")
                .replacingOccurrences(of: "app: private", with: "app: secret")
            try await withFile(changed, suffix: ".yaml") { path in
                let diff = try await run("diff", path, "--output", "json")
                #expect(diff.status == 1)
                let field = try #require(
                    (diff.json?["changed"] as? [[String: Any]])?.first?["fields"] as? [[String: String]]
                )
                let expected = [
                    "field": "effect", "before": "record mp4 every mp4=300s", "after": "record mp4 every mp4=600s",
                ]
                #expect(field == [expected])
                #expect((diff.json?["removed"] as? [Any])?.count == 1)

                let stale = try await run("publish", path, "--if-revision", "0")
                #expect(stale.status == 1)
                #expect(stale.text.contains("the rules are at revision 1 by now, not at 0"))

                let imported = try await run("import", path)
                #expect(imported.text.contains("1 added, 1 changed, 0 removed: revision 2"), "\(imported.text)")
                let published = try await run("publish", path)
                #expect(published.text.contains("0 added, 0 changed, 1 removed: revision 3"), "\(published.text)")
                #expect(try await run("diff", path, "--revision", "1").status == 1)
            }
            let history = try await run("history")
            #expect(history.text.contains("the first"))
            let rules = try await run("list", "--output", "json").json?["rules"] as? [[String: Any]]
            let vip = try #require(rules?.first { $0["name"] as? String == "vip" }?["id"] as? Int)
            let story = try await run("history", "--rule", String(vip))
            #expect(
                story.text.contains("effect: record mp4 every mp4=300s -> record mp4 every mp4=600s"),
                "\(story.text)"
            )
            #expect(try await run("history", "--rule", "999").status == 1)

            let back = try await run("rollback", "--all-sets", "--revision", "1", "--note", "sorry")
            #expect(back.text.contains("revision 4"), "\(back.text)")
            try await withFile(Self.file, suffix: ".yaml") { path in
                let none = try await run("diff", path)
                #expect(none.status == 0, "\(none.text)")
            }
            let then = try await run("list", "--revision", "0")
            #expect(then.text.contains("revision 0, 0 rules"))
            let gone = try await run("rollback", "--all-sets", "--revision", "99")
            #expect(gone.status == 1)
            #expect(gone.text.contains("there is no revision 99; the current one is 4"))
        }
    }

    @Test func `A file is checked without a database, and tells what was not checked`() async throws {
        try await withFile(Self.file, suffix: ".yaml") { path in
            let good = try await NeedRecordRun.run("rules", "check", path)
            #expect(good.status == 0, "\(good.text)")
            #expect(good.text.contains("2 rules checked: 0 errors, 0 warnings, 0 infos"))
            #expect(good.text.contains("not checked: whether time zones and quotas exist"))
        }
        try await withFile("rules: [{ streem: a }, { record: maybe }]", suffix: ".yaml") { path in
            let bad = try await NeedRecordRun.run("rules", "check", path)
            #expect(bad.status == 1)
            #expect(bad.text.contains("\(path):1:11: a rule has no \"streem\""), "\(bad.text)")
            #expect(bad.text.contains("\(path):1:34: record is \"maybe\""))
        }
        let conflict = "templates: [{ formats: [flv] }]\nrules: [{ name: x, record: { formats: [mp4] } }]"
        try await withFile(conflict, suffix: ".yaml") { path in
            let run = try await NeedRecordRun.run("rules", "check", path, "--output", "json")
            #expect(run.status == 1)
            let finding = try #require((run.json?["findings"] as? [[String: Any]])?.first)
            #expect(finding["code"] as? String == "no_common_format")
            #expect(finding["severity"] as? String == "error")
            #expect((finding["rule"] as? [String: Any])?["line"] as? Int == 2)
        }
        #expect(try await NeedRecordRun.run("rules", "check", "/nowhere/rules.yaml").status == 1)
    }

    @Test func `With the database, quotas and time zones that there are not are told`() async throws {
        let text = """
            rules:
              - app: a
                record: true
                quota: nothing
              - app: b
                schedule: { time_zone: Asia/Atlantis, windows: ["mon 01:00-02:00"] }
                skip: true
            """
        try await Self.withRules { run in
            try await withFile(text, suffix: ".yaml") { path in
                let check = try await run("check", path, "--database")
                #expect(check.status == 1)
                #expect(check.text.contains("[unknown_quota]"), "\(check.text)")
                #expect(check.text.contains("[unknown_time_zone]"))
                #expect(!check.text.contains("not checked: whether time zones"))
                let publish = try await run("publish", path, "--force")
                #expect(publish.status == 1)
                #expect(publish.text.contains("there are errors in the rules (2)"))
                #expect(try await run("list").text.contains("revision 0"))
            }
            let published = try await run("check")
            #expect(published.status == 0)
            #expect(published.text.contains("[empty_set]"))
        }
    }

    @Test func `Warnings stand in the way once, until they are accepted`() async throws {
        let text = """
            rules:
              - stream: "a*"
                record: true
              - stream: "*b"
                skip: true
            """
        try await Self.withRules { run in
            try await withFile(text, suffix: ".yaml") { path in
                let refused = try await run("publish", path)
                #expect(refused.status == 1)
                #expect(refused.text.contains("warning: "))
                #expect(refused.text.contains("--force accepts them"))
                #expect(try await run("publish", path, "--force").status == 0)
            }
            try await withFile(text + "\n  - app: other\n    record: true", suffix: ".yaml") { path in
                let published = try await run("publish", path)
                #expect(published.status == 0, "\(published.text)")
            }
            // Nothing is emptied by mistake.
            try await withFile("rules: []", suffix: ".yaml") { path in
                let refused = try await run("publish", path)
                #expect(refused.status == 1)
                #expect(try await run("publish", path, "--force").status == 0)
            }
        }
    }

    @Test func `A shadow is published, listed, promoted and dropped`() async throws {
        try await Self.withRules { run in
            try await withFile(Self.file, suffix: ".yaml") { path in
                let published = try await run("publish", path, "--shadow", "--note", "try")
                #expect(published.status == 0, "\(published.text)")
                #expect(try await run("list").text.contains("0 rules"))
                #expect(try await run("list", "--shadow").text.contains("2 rules"))
                let shadows = try await run("shadow", "list", "--output", "json")
                let shadow = try #require((shadows.json?["shadows"] as? [[String: Any]])?.first)
                #expect(shadow["set"] as? String == "policies")
                #expect(shadow["rules"] as? Int == 2)
                #expect(try await run("shadow", "promote", "policies").status == 0)
                #expect(try await run("diff", path).status == 0)
                let none = try await run("shadow", "drop", "policies")
                #expect(none.status == 1)
                #expect(none.text.contains("the set policies has no shadow"))
                #expect(try await run("publish", path, "--shadow").status == 0)
                #expect(try await run("shadow", "drop", "policies").status == 0)
                #expect(try await run("list").text.contains("2 rules"))
            }
        }
    }

    @Test func `Without a database the comparison fails with a code of its own`() async throws {
        try await withFile(Self.file, suffix: ".yaml") { path in
            let absent = try await NeedRecordRun.run("rules", "diff", path)
            #expect(absent.status == 2)
        }
        #expect(try await NeedRecordRun.run("rules", "diff", "/nowhere/rules.yaml").status == 2)
    }

    @Test(arguments: [
        ["check", "x.yaml", "--rule-set", "a"], ["list", "--revision", "1", "--at", "2026-01-01T00:00:00Z"],
        ["list", "--at", "yesterday"], ["rollback"], ["rollback", "--revision", "1"],
        ["rollback", "--revision", "1", "--rule-set", "a", "--all-sets"], ["list", "--rule-set", "a b"],
        ["history", "--limit", "0"],
        ["publish"], ["enable"], ["publish", "x.yaml", "--note", String(repeating: "x", count: 1_001)],
    ])
    func `A wrong command line is told`(arguments: [String]) async throws {
        let run = try await NeedRecordRun.run(["rules"] + arguments)
        #expect(run.status == 64, "\(run.text)")
    }

    @Test func `The example file passes the check, and is what an export of it says`() async throws {
        let path = TestEnvironment.root.appendingPathComponent("deploy/examples/rules.yaml").path
        try await Self.withRules { run in
            let check = try await run("check", path, "--database")
            #expect(check.text.contains("6 rules checked: 0 errors, 0 warnings, 1 info"), "\(check.text)")
            #expect(try await run("publish", path).status == 0)
            let exported = try await run("export", "--rule-set", "policies").text
            try await withFile(exported, suffix: ".yaml") { copy in
                let diff = try await run("diff", copy)
                #expect(diff.status == 0, "\(diff.text)")
            }
        }
    }
}
