import DecisionCore
import RuleFiles
import Testing

/// Sets of many rules, of the kinds that take the most time. The bounds are generous: a machine may be busy, and what
/// these tests are to find is a comparison of all with all that takes minutes.
@Suite struct RuleCheckSpeedTests {
    @Test(arguments: ["room-%", "room-%-*", "*-%-room", "*%*", "*-%?-*", "?*%*?"])
    func `Ten thousand rules in one application are checked in seconds`(form: String) throws {
        let entries = try (0..<10_000).map { index in
            let parts = form.split(separator: "%", omittingEmptySubsequences: false)
            // Numbers of one length, so that none is a part of another one.
            let stream = "\(parts[0])\(10_000 + index)\(parts[1])"
            let effect = index % 2 == 0 ? Rule.Effect.skip : .record(.template)
            let id = Rule.ID(rawValue: Int64(index + 1))
            return RuleEntry(rule: Rule(id: id, app: .exact("live"), stream: try .of(stream), effect: effect))
        }
        let check = RuleCheck(entries, now: SmallWorld.start)
        let time = ContinuousClock().measure { _ = check.findings() }
        #expect(time < .seconds(60))
    }

    @Test func `Ten thousand rules are written and read in seconds`() throws {
        var draw = Draw(seed: 5)
        var entries: [RuleEntry] = []
        while entries.count < 10_000 {
            for var entry in draw.file().entries {
                entry.rule.set = "s"
                entry.rule.name = "n\(entries.count)"
                entries.append(entry)
            }
        }
        let file = RuleFile(set: "s", entries: entries)
        var read = RuleFile(entries: [])
        let time = try ContinuousClock().measure { read = try RuleFile(yaml: file.text) }
        #expect(read.entries.count == entries.count)
        #expect(time < .seconds(60))
    }
}
