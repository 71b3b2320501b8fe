import DecisionCore
import RuleFiles
import Testing

/// Each finding once where it belongs, and not where it almost does.
@Suite struct RuleCheckFindingTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 1_795_373_100_000)  // 2026-11-22T18:45:00Z

    private static func findings(_ text: String) throws -> [RuleFinding] {
        let file = try RuleFile(yaml: text)
        return RuleCheck(file.entries, templates: file.templates ?? [], now: now).findings()
    }

    private static let december = "valid: { from: 2026-12-01T00:00:00Z, until: 2026-12-02T00:00:00Z }"
    private static func hours(_ window: String) -> String {
        "schedule: { time_zone: Asia/Shanghai, windows: [\"\(window)\"] }"
    }

    /// Rules whose globs have so many lengths at the ends of their domains, and at the beginnings of their streams.
    private static func globs(_ domains: Int, _ streams: Int) -> String {
        let rules = (1...domains).flatMap { domain in
            (1...streams).map { stream in
                let beginning = String(repeating: ["a", "b", "c", "d", "e", "f", "g"][stream - 1], count: stream)
                return "{ domain: '*.\(String(repeating: "x", count: domain))', stream: '\(beginning)*', skip: true }"
            }
        }
        return "rules: [\(rules.joined(separator: ", "))]"
    }

    private static let examples: [(RuleFinding.Code, told: String, untold: String)] = [
        (
            .unreachable, told: "rules: [{ skip: true }, { record: true }]",
            untold: "rules: [{ skip: true }, { app: a, record: true }]"
        ),
        (
            .contradiction, told: "rules: [{ app: 'a*', skip: true }, { app: '*b', record: true }]",
            untold: "rules: [{ app: 'a*', skip: true }, { app: 'b*', record: true }]"
        ),
        (
            .noCommonFormat, told: "templates: [{ formats: [mp4] }]\nrules: [{ record: { formats: [flv] } }]",
            untold: "templates: [{ formats: [mp4] }]\nrules: [{ record: { formats: [mp4] } }]"
        ),
        (
            .formatNotInTemplate, told: "templates: [{ formats: [mp4] }]\nrules: [{ record: { formats: [flv, mp4] } }]",
            untold: "templates: [{ formats: [mp4] }]\nrules: [{ skip: true }]"
        ),
        (
            .neverOpen, told: "rules: [{ \(december), \(hours("thu 09:00-18:00")), record: true }]",
            untold: "rules: [{ \(december), \(hours("tue 09:00-18:00")), record: true }]"
        ),
        (
            .validityOver, told: "rules: [{ valid: { until: 2026-11-22T18:45:00Z }, record: true }]",
            untold: "rules: [{ valid: { until: 2026-11-22T18:45:01Z }, record: true }]"
        ),
        (
            .percentageZero, told: "rules: [{ percentage: 0.00, record: true }]",
            untold: "rules: [{ percentage: 0.01, record: true }]"
        ),
        (
            .disabled, told: "rules: [{ enabled: false, record: true }]",
            untold: "rules: [{ enabled: true, record: true }]"
        ),
        (
            .placeholder, told: "rules: [{ domain: 'https://{Domain}', record: true }]",
            untold: "rules: [{ domain: '{}', record: true }]"
        ),
        (
            .caseDouble, told: "rules: [{ domain: A, record: true }, { domain: a, record: true }]",
            untold: "rules: [{ app: A, record: true }, { app: a, record: true }]"
        ),
        (.manyShapes, told: globs(7, 7), untold: globs(7, 6)),
        (.emptySet, told: "rules: []", untold: "rules: [{ record: true }]"),
    ]

    @Test(arguments: examples.map(\.0))
    func `A finding is told where it belongs, and not where it almost does`(code: RuleFinding.Code) throws {
        let example = try #require(Self.examples.first { $0.0 == code })
        #expect(try Self.findings(example.told).map(\.code) == [code])
        #expect(try Self.findings(example.untold).map(\.code) == [])
    }

    @Test func `Every code has an example, but those that only the database can find`() {
        let codes = Set(Self.examples.map(\.0)).union([.unknownTimeZone, .unknownQuota])
        #expect(codes == Set(RuleFinding.Code.allCases))
    }

    @Test func `Names that look the same and are not are different names`() throws {
        let rules = #"rules: [{ stream: "\xE9", skip: true }, { stream: "e\u0301", record: true }]"#
        #expect(try Self.findings(rules) == [])
        let prefixes = #"rules: [{ stream: "\xE9*", skip: true }, { stream: "e\u0301*", record: true }]"#
        #expect(try Self.findings(prefixes) == [])
    }

    @Test func `A rule that is switched off neither wins nor contradicts, and is not checked further`() throws {
        let off = "enabled: false, percentage: 0, valid: { until: 2026-01-01T00:00:00Z }, app: '{App}'"
        let findings = try Self.findings(
            "rules: [{ priority: 9, \(off), skip: true }, { app: '{App}x', record: true }]"
        )
        #expect(findings.map(\.code) == [.disabled, .placeholder])
        #expect(findings.map(\.index) == [0, 1])
    }

    @Test func `That nothing would be recorded is said only where every stream has a template`() throws {
        func codes(_ rule: String, _ templates: String) throws -> [RuleFinding.Code] {
            try Self.findings("templates: [\(templates)]\nrules: [{ \(rule) }]").map(\.code)
        }
        let flv = "record: { formats: [flv] }"
        // Of other applications than vod nothing is stated, and they may record what the rule asks for.
        #expect(try codes(flv, "{ app: vod, formats: [mp4] }") == [.formatNotInTemplate])
        #expect(try codes("app: 'v*', \(flv)", "{ app: vod, formats: [mp4] }") == [.formatNotInTemplate])
        #expect(try codes("app: vod, \(flv)", "{ app: vod, formats: [mp4] }") == [.noCommonFormat])
        #expect(try codes("app: vod, \(flv)", "{ app: 'v*', formats: [mp4] }") == [.noCommonFormat])
        #expect(try codes("app: live, \(flv)", "{ app: vod, formats: [mp4] }") == [])
        // The narrower template is the one that the platform uses.
        #expect(try codes("app: vod, \(flv)", "{ app: vod, formats: [mp4] }, { formats: [flv] }") == [.noCommonFormat])
        #expect(try codes("app: vod, \(flv)", "{ app: vod, formats: [flv] }, { formats: [mp4] }") == [])
        // A wider rule has streams under both.
        #expect(try codes(flv, "{ app: vod, formats: [mp4] }, { formats: [flv] }") == [])
        #expect(try codes(flv, "{ app: vod, formats: [mp4] }, { formats: [m3u8] }") == [.noCommonFormat])
        // Without formats of its own a rule takes what there is.
        #expect(try codes("record: { intervals: { flv: 60 } }", "{ formats: [mp4] }") == [.formatNotInTemplate])
    }

    @Test func `Of several spellings of a domain the most frequent one counts, and of equally frequent ones the first`()
        throws
    {
        let findings = try Self.findings(
            """
            rules:
              - { domain: A.com, app: a, record: true }
              - { domain: a.com, app: b, record: true }
              - { domain: a.COM, app: c, record: true }
              - { domain: a.COM, app: d, record: true }
              - { domain: "*.COM", app: e, record: true }
              - { domain: "*.com", app: f, record: true }
            """
        )
        #expect(findings.map(\.code) == [.caseDouble, .caseDouble, .caseDouble])
        #expect(findings.map(\.index) == [0, 1, 5])
        #expect(findings[0].message.contains("A.com, and a.COM elsewhere"))
        #expect(findings[2].message.contains("*.com, and *.COM elsewhere"))
    }

    @Test func `What is about the set comes first, then the rules in their order`() throws {
        let findings = try Self.findings(
            """
            rules:
              - { app: b, percentage: 0, record: true }
              - { app: a, record: true }
              - { app: a, valid: { until: 2026-01-01T00:00:00Z }, record: true }
              - { app: c, stream: "x*", record: true }
              - { app: c, stream: "*x", skip: true }
            """
        )
        #expect(findings.map(\.code) == [.percentageZero, .validityOver, .unreachable, .contradiction])
        #expect(findings.map(\.index) == [0, 2, 2, 3])
        #expect(findings.map(\.otherIndex) == [nil, nil, 1, 4])
    }
}
