import DecisionCore
import RuleFiles
import Testing

@Suite struct RuleCheckTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 1_795_373_100_000)  // 2026-11-22T18:45:00Z

    private static func findings(_ rules: String, templates: String = "") throws -> [RuleFinding] {
        let text = "rules:\n" + rules.split(separator: "\n").map { "  - { \($0) }\n" }.joined() + templates
        let file = try RuleFile(yaml: text)
        return RuleCheck(file.entries, templates: file.templates ?? [], now: now).findings()
    }

    private static func codes(_ rules: String, templates: String = "") throws -> [RuleFinding.Code] {
        try findings(rules, templates: templates).map(\.code)
    }

    @Test func `Rules without fault give no finding`() throws {
        let findings = try Self.findings(
            """
            domain: live.example.com, app: live, record: { formats: [mp4] }
            domain: live.example.com, app: live, stream: "test-*", skip: true
            domain: live.example.com, app: live, stream: test-7, record: true
            app: live, stream: vip, valid: { from: 2026-12-01T00:00:00Z }, record: true
            """
        )
        #expect(findings == [])
    }

    @Test func `A set without rules is told`() {
        let findings = RuleCheck([], now: Self.now).findings()
        #expect(findings == [RuleFinding(.emptySet, at: nil, "there are no rules: nothing is recorded")])
    }

    @Test func `A rule that another one always precedes is told, with the strongest such`() throws {
        let findings = try Self.findings(
            """
            name: vip, app: live, stream: vip, record: true
            name: all, priority: 5, app: live, skip: true
            name: everything, priority: 9, skip: true
            """
        )
        #expect(findings.map(\.code) == [.unreachable, .unreachable])
        #expect(findings.map(\.index) == [0, 1])
        #expect(findings.map(\.otherIndex) == [2, 2])
        #expect(
            findings[0].message
                == "vip (line 2) never wins: everything (line 4) matches all that it matches, and comes first "
                + "(higher priority)"
        )
    }

    @Test(arguments: [
        ("stream: a, skip: true", "stream: a, record: true"),
        ("stream: a, record: true", "stream: a, record: { formats: [mp4] }"),
        ("stream: a, skip: true", "stream: a, skip: true"),
        ("stream: 'a*', skip: true", "stream: 'ab*', record: true"),
        ("stream: '*-x', skip: true", "stream: '*-y-x', record: true"),
        ("stream: '*x*', skip: true", "stream: 'a*xx', record: true"),
        ("domain: 'a*', app: 'b*', stream: 'c*', skip: true", "domain: a?, app: bb*, stream: c*c, record: true"),
        ("priority: 1, skip: true", "domain: d, app: a, stream: s, codec: h265, record: true"),
        ("priority: 1, codec: h265, skip: true", "app: a, codec: h265, record: true"),
        (
            "priority: 1, bitrate: { min: 10 }, skip: true", "bitrate: { min: 10, max: 20 }, app: a, record: true"
        ),
        (
            "priority: 1, valid: { until: 2027-06-01T00:00:00Z }, skip: true",
            "app: a, valid: { from: 2027-01-01T00:00:00Z, until: 2027-06-01T00:00:00Z }, record: true"
        ),
        ("priority: 1, percentage: 50, skip: true", "app: a, percentage: 50, record: true"),
        (
            "priority: 1, schedule: { time_zone: UTC, windows: [\"mon-sun 22:00-06:00\"] }, skip: true",
            "app: a, schedule: { time_zone: UTC, windows: [\"tue 23:00-05:00\"] }, record: true"
        ),
        (
            "priority: 1, schedule: { time_zone: UTC, windows: [\"mon 00:00-12:00\", \"mon 12:00-24:00\"] }, skip: true",
            "app: a, schedule: { time_zone: UTC, windows: [\"mon 06:00-18:00\"] }, record: true"
        ),
    ])
    func `The second of these never wins`(first: String, second: String) throws {
        let findings = try Self.findings(first + "\n" + second)
        #expect(findings.map(\.code) == [.unreachable])
        #expect(findings.first?.index == 1)
        // Being older does not help when something else ranks the rules, and nothing else is said of the first.
        let swapped = try Self.findings(second + "\n" + first)
        #expect(swapped.allSatisfy { $0.code == .unreachable })
        #expect(swapped.count == 1)
    }

    @Test(arguments: [
        ("stream: 'a*', skip: true", "stream: a, record: true"),
        ("app: a, skip: true", "app: b, record: true"),
        ("priority: 1, codec: h265, skip: true", "app: a, record: true"),
        ("priority: 1, codec: h265, skip: true", "app: a, codec: h264, record: true"),
        ("priority: 1, bitrate: { min: 10 }, skip: true", "app: a, record: true"),
        ("priority: 1, bitrate: { min: 10 }, skip: true", "app: a, bitrate: { max: 20 }, record: true"),
        ("priority: 1, valid: { from: 2027-01-01T00:00:00Z }, skip: true", "app: a, record: true"),
        (
            "priority: 1, valid: { until: 2027-01-01T00:00:00Z }, skip: true",
            "app: a, valid: { until: 2027-01-01T00:00:01Z }, record: true"
        ),
        ("priority: 1, percentage: 50, skip: true", "app: a, percentage: 50.01, record: true"),
        ("priority: 1, percentage: 99.99, skip: true", "app: a, record: true"),
        (
            "priority: 1, schedule: { time_zone: UTC, windows: [\"mon-sun 00:00-24:00\"] }, skip: true",
            "app: a, schedule: { time_zone: Asia/Shanghai, windows: [\"mon 01:00-02:00\"] }, record: true"
        ),
        (
            "priority: 1, schedule: { time_zone: UTC, windows: [\"mon 22:00-02:00\"] }, skip: true",
            "app: a, schedule: { time_zone: UTC, windows: [\"mon 01:00-03:00\"] }, record: true"
        ),
        ("priority: 1, enabled: false, skip: true", "app: a, record: true"),
    ])
    func `The second of these can win`(first: String, second: String) throws {
        #expect(try !Self.codes(first + "\n" + second).contains(.unreachable))
    }

    @Test func `What is called unreachable never wins a decision`() throws {
        var random = SeededGenerator(seed: 3)
        var unreachable = 0
        for _ in 0..<200 {
            let rules = (0..<12).map { _ in Self.rule(using: &random) }.joined(separator: "\n")
            let file = try RuleFile(yaml: "rules:\n" + rules.split(separator: "\n").map { "  - { \($0) }\n" }.joined())
            let never = Set(
                RuleCheck(file.entries, now: Self.now).findings().filter { $0.code == .unreachable }.compactMap(\.index)
            )
            unreachable += never.count
            let facts = Facts(revision: 1, rules: file.entries.map(\.rule), utcOffsets: ["UTC": 0])
            for _ in 0..<100 {
                let event = Self.event(using: &random)
                let hours = Int64.random(in: 0..<200, using: &random)
                let winner = decide(event, facts, now: Self.now.advanced(by: .seconds(hours * 3_600))).winner
                let index = winner.map { Int($0.rawValue) - 1 } ?? -1
                #expect(!never.contains(index), "rule \(index + 1) of\n\(rules)")
            }
        }
        #expect(unreachable > 300)
    }

    private static func rule(using random: inout SeededGenerator) -> String {
        func pick(_ values: String...) -> String { values.randomElement(using: &random) ?? "" }
        return [
            pick("", "app: a, ", "app: 'a*', "),
            pick("", "stream: a, ", "stream: ab, ", "stream: 'a*', ", "stream: '*b', ", "stream: '?*', "),
            pick("", "", "priority: 1, "),
            pick("", "", "codec: h264, ", "bitrate: { min: 5 }, ", "percentage: 50, ", "percentage: 20, "),
            pick("", "", "valid: { until: 2026-11-26T00:00:00Z }, "),
            pick("", "", #"schedule: { time_zone: UTC, windows: ["mon-wed 08:00-20:00"] }, "#),
            pick("record: true", "record: { formats: [mp4] }", "skip: true"),
        ].joined()
    }

    private static func event(using random: inout SeededGenerator) -> StreamEvent {
        StreamEvent(
            id: EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000),
            receivedAt: now,
            domain: "d",
            app: ["a", "aa", "b"].randomElement(using: &random) ?? "a",
            stream: ["a", "b", "ab", "abb", "c"].randomElement(using: &random) ?? "a",
            bitrate: [nil, 1, 5, 9].randomElement(using: &random) ?? nil,
            codec: [.h264, .h265, nil].randomElement(using: &random) ?? nil
        )
    }

    @Test func `Rules of one rank that say different things are told, and which of them wins`() throws {
        let findings = try Self.findings(
            """
            name: vip, stream: "vip-*", record: true
            name: test, stream: "*-test", skip: true
            name: other, stream: "room-*", skip: true
            """
        )
        #expect(findings.map(\.code) == [.contradiction])
        #expect(findings[0].index == 0)
        #expect(findings[0].otherIndex == 1)
        #expect(
            findings[0].message
                == "vip (line 2) and test (line 3) are of the same rank, can match the same streams and say different "
                + "things: test (line 3) wins (skip comes before record)"
        )
        // The same plan is no contradiction; another one, or another quota, is.
        #expect(try Self.codes("stream: 'a*', record: true\nstream: '*b', record: true") == [])
        let plans = try Self.findings("stream: 'a*', record: true\nstream: '*b', record: { formats: [mp4] }")
        #expect(plans.first?.message.contains("line 2 wins (the older rule)") == true)
        #expect(try Self.codes("stream: 'a*', record: true\nstream: '*b', record: true, quota: q") == [.contradiction])
        let many = try Self.findings("stream: 'a*', record: true\nstream: '*b', skip: true\nstream: '*c', skip: true")
        #expect(many.first?.message.hasSuffix("; so do 1 more") == true)
    }

    @Test(arguments: [
        ("codec: h264", "codec: h265"),
        ("bitrate: { max: 9 }", "bitrate: { min: 10 }"),
        ("valid: { until: 2027-01-01T00:00:00Z }", "valid: { from: 2027-01-01T00:00:00Z }"),
        ("priority: 1", "priority: 2"),
        ("app: a", "domain: a"),
        ("app: a, stream: 'x*'", "app: b, stream: 'x*'"),
        (
            "schedule: { time_zone: UTC, windows: [\"mon 01:00-02:00\"] }",
            "schedule: { time_zone: UTC, windows: [\"mon 02:00-03:00\"] }"
        ),
    ])
    func `Rules that never meet do not contradict each other`(first: String, second: String) throws {
        #expect(try !Self.codes("\(first), record: true\n\(second), skip: true").contains(.contradiction))
    }

    @Test func `Formats that the platform does not record are told`() throws {
        let templates = """
            templates:
              - { formats: [mp4, flv] }
              - { app: vod, formats: [m3u8] }
            """
        let findings = try Self.findings(
            """
            app: live, record: { formats: [m3u8] }
            app: live, stream: a, record: { formats: [mp4, m3u8] }
            app: vod, stream: b, record: { formats: [mp4] }
            app: live, stream: c, record: { intervals: { m3u8: 60 } }
            stream: d, record: { formats: [m3u8] }
            app: vod, stream: e, record: { formats: [m3u8] }
            app: live, stream: f, record: true
            """,
            templates: templates
        )
        #expect(findings.map(\.code) == [.noCommonFormat, .formatNotInTemplate, .noCommonFormat, .formatNotInTemplate])
        #expect(findings.map(\.index) == [0, 1, 2, 3])
        #expect(findings[0].code.severity == .error)
        #expect(
            findings[0].message == "the rule in line 2 asks for m3u8, and the platform's template there has only mp4, "
                + "flv: nothing would be recorded"
        )
        // Where nothing is stated nothing is known.
        let elsewhere = "templates:\n  - { app: vod, formats: [mp4] }"
        #expect(try Self.codes("app: live, record: { formats: [m3u8] }", templates: elsewhere) == [])
    }

    @Test func `A schedule without an hour within the validity is told, whatever the time zone may be`() throws {
        // 2026-12-01 is a Tuesday; on other places' clocks these hours are from Monday 12:00 to Wednesday 14:00.
        let valid = "valid: { from: 2026-12-01T00:00:00Z, until: 2026-12-02T00:00:00Z }"
        func codes(_ window: String, _ valid: String) throws -> [RuleFinding.Code] {
            try Self.codes("\(valid), schedule: { time_zone: Asia/Shanghai, windows: [\"\(window)\"] }, record: true")
        }
        #expect(try codes("thu-sun 00:00-24:00", valid) == [.neverOpen])
        #expect(try codes("mon 00:00-12:00", valid) == [.neverOpen])
        #expect(try codes("wed 14:01-15:00", valid) == [.neverOpen])
        #expect(try codes("mon 00:00-12:01", valid) == [])
        #expect(try codes("tue 09:00-10:00", valid) == [])
        #expect(try codes("sun 23:00-13:00", valid) == [])
        #expect(try codes("thu-sun 00:00-24:00", "valid: { from: 2026-12-01T00:00:00Z }") == [])
        let week = "valid: { from: 2026-12-01T00:00:00Z, until: 2026-12-08T00:00:00Z }"
        #expect(try codes("sat 03:00-03:01", week) == [])
    }

    @Test(arguments: [
        ("valid: { until: 2026-11-22T18:45:00Z }, record: true", [RuleFinding.Code.validityOver]),
        ("valid: { until: 2026-11-22T18:45:00.001Z }, record: true", []),
        ("percentage: 0, record: true", [.percentageZero]),
        ("percentage: 0.01, record: true", []),
        ("enabled: false, percentage: 0, record: true", [.disabled]),
        ("app: '{AppName}', record: true", [.placeholder]),
        ("stream: '${stream}', record: true", [.placeholder]),
        ("domain: <domain>, record: true", [.placeholder]),
        ("stream: '%STREAM%', record: true", [.placeholder]),
        ("stream: 'a{b', record: true", []),
        ("stream: '100%', record: true", []),
    ])
    func `What is odd about a single rule is told`(rule: String, codes: [RuleFinding.Code]) throws {
        #expect(try Self.codes(rule) == codes)
    }

    @Test func `Domains that differ in case only are told once`() throws {
        let findings = try Self.findings(
            """
            domain: Live.example.com, app: a, record: true
            domain: live.example.com, app: a, record: true
            domain: live.example.com, app: b, record: true
            domain: Live.example.com, app: c, record: true
            domain: live.example.com, app: d, record: true
            """
        )
        #expect(findings.map(\.code) == [.caseDouble])
        #expect(findings[0].index == 0)
        #expect(findings[0].message.contains("has the domain Live.example.com, and live.example.com elsewhere"))
    }

    @Test(arguments: ["=", "<", ">", "mixed"])
    func `Ten thousand rules are checked in a moment`(kind: String) throws {
        let entries = try (0..<10_000).map { index in
            let stream =
                switch kind {
                case "=": "room-\(index)"
                case "<": "room-\(index)-*"
                case ">": "*-\(index)-room"
                default: ["room-\(index)", "room-\(index)-*", "*-\(index)-room", "*\(index)*"][index % 4]
                }
            let effect = index % 2 == 0 ? Rule.Effect.skip : .record(.template)
            let rule = Rule(
                id: Rule.ID(rawValue: Int64(index + 1)),
                domain: try .of("d\(index % 10)"),
                app: try .of("live"),
                stream: try .of(stream),
                effect: effect
            )
            return RuleEntry(rule: rule)
        }
        let clock = ContinuousClock()
        let time = clock.measure { _ = RuleCheck(entries, now: Self.now).findings() }
        print("10,000 rules, \(kind): \(time)")
        #expect(time < .seconds(60))
    }
}
