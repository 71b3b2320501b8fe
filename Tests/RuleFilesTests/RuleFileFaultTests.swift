import DecisionCore
import RuleFiles
import Testing

/// Files that are wrong: that each fault is found, where it is, and that none hides another.
@Suite struct RuleFileFaultTests {
    private static let ruleKeys = [
        "name", "domain", "app", "stream", "codec", "bitrate", "valid", "schedule", "percentage", "priority", "record",
        "skip", "quota", "enabled", "note",
    ]

    @Test(arguments: ruleKeys)
    func `No member of a rule may be empty or a list`(key: String) {
        let effect = key == "skip" || key == "record" ? "" : ", skip: true"
        #expect(problems(of: "rules: [{ \(key): \(effect) }]").contains("\(key) is empty, not "))
        #expect(
            problems(of: "rules: [{ \(key): [a] \(effect) }]").contains("1:\(13 + key.count): \(key) is a list, not ")
        )
    }

    @Test(arguments: ruleKeys.filter { !["bitrate", "valid", "schedule", "record"].contains($0) })
    func `No member of a rule that is a text or a number may be a mapping`(key: String) {
        #expect(problems(of: "rules: [{ \(key): { a: b } }]").contains("\(key) is a mapping, not "))
    }

    @Test(arguments: [
        ("rules: []", ""), ("rules: [{ skip: true, ", " }]"), ("rules: []\ntemplates: [{ formats: [mp4], ", " }]"),
        ("rules: [{ skip: true, bitrate: { min: 1, ", " } }]"),
        ("rules: [{ skip: true, valid: { from: 2026-12-01T00:00:00Z, ", " } }]"),
        ("rules: [{ skip: true, schedule: { time_zone: UTC, windows: [\"mon 01:00-02:00\"], ", " } }]"),
        ("rules: [{ record: { ", " } }]"), ("rules: [{ record: { intervals: { mp4: 5, ", " } } }]"),
    ])
    func `A key that nothing knows, and one that is there twice, are told wherever they are`(
        before: String,
        after: String
    ) {
        let separator = after.isEmpty ? "\n" : ", "
        let start = after.isEmpty ? before + "\n" : before
        let found = problems(of: "\(start)Mp4: 1\(separator)odd: x\(after)").split(separator: "\n")
        #expect(found.count == 2)
        #expect(found.allSatisfy { $0.contains(" has no \"") && $0.contains("; there are ") }, "\(found)")
        let twice = problems(of: "\(start)odd: x\(separator)odd: y\(after)")
        #expect(twice.contains("\"odd\" is there twice"), "\(twice)")
    }

    @Test func `More keys that are there twice than anybody would read are refused all the same`() {
        let rules = (0..<500).map { "  - skip: true\n    app: a\(String($0))\n    app: b\n" }.joined()
        let error = #expect(throws: RuleFileError.self) { try RuleFile(yaml: "rules:\n" + rules) }
        #expect((1...500).contains(error?.problems.count ?? 0))
        #expect(error?.problems.first?.line == 3)
    }

    @Test func `Every faulty rule of a file is told, with its line`() {
        let rules = (0..<300).map { "  - stream: s\($0)\n    skip: true\n    priority: p\($0)\n" }.joined()
        let error = #expect(throws: RuleFileError.self) { try RuleFile(yaml: "rules:\n" + rules) }
        #expect(error?.problems.map(\.line) == (0..<300).map { 4 + 3 * $0 })
        #expect(error?.problems.allSatisfy { $0.column == 15 } == true)
    }

    @Test func `What is wrong in a template hides nothing and makes nothing else wrong`() {
        let text = """
            templates:
              - { domain: "", formats: [mp4] }
              - { domain: "", formats: [mp4, mp4] }
              - { app: a, formats: mp4 }
              - { app: a, formats: [flv] }
              - { app: a, formats: [mp4] }
              - x
            rules: x
            """
        #expect(
            problems(of: text).split(separator: "\n") == [
                "2:15: domain is empty; * matches any name",
                "3:15: domain is empty; * matches any name",
                "3:34: formats has mp4 twice",
                "4:24: formats is \"mp4\", not a list of mp4, flv and m3u8",
                "6:5: there is a template for this domain and app already",
                "7:5: a template is \"x\", not a mapping of domain, app, formats",
                "8:8: rules is \"x\", not a list of rules",
            ]
        )
    }

    @Test(arguments: [
        ([0x72, 0xFF], "1:2"), (Array("rules: []\né ".utf8) + [0xC3], "2:3"), ([0x0A, 0x0A, 0xED, 0xA0, 0x80], "3:1"),
        (Array("# \u{1F3A5}".utf8) + [0x80], "1:4"), ([0xFE, 0xFF, 0x00, 0x72], "1:1"),
    ])
    func `What is not UTF-8 is told with its place`(bytes: [UInt8], place: String) {
        let error = #expect(throws: RuleFileError.self) { try RuleFile(yaml: bytes) }
        #expect(error?.description == "\(place): the file is not UTF-8")
    }

    @Test(arguments: [
        ("set: a\nrules: [\u{1}]", "2:9"), ("set: a\r\nrules: [\u{1}]", "2:9"), ("# \u{1F3A5}\u{7F}", "1:4"),
        ("set: a\r\nrules: [}", "2:9"), ("set: a\r\nrules: [&a x]", "2:9"), ("# \u{1F3A5}\nx: [&a x]", "2:5"),
        ("set: a\r\nrules: [{ skip: true, app: a, app: b }]", "2:23"), ("\u{FEFF}rules: x", "1:8"),
    ])
    func `Places are right after line ends of two characters and letters of several bytes`(text: String, place: String)
    {
        #expect(problems(of: text).hasPrefix("\(place): "), "\(problems(of: text))")
    }

    @Test func `A file that an editor began with a byte order mark is read`() throws {
        #expect(try RuleFile(yaml: "\u{FEFF}set: a\r\nrules:\r\n  - skip: true\r\n").entries.map(\.line) == [3])
    }

    @Test(arguments: [
        #"rules: [{ skip: true, "\e[31m": 1 }]"#, #"rules: [{ skip: true, "\e[31m": 1, "\e[31m": 2 }]"#,
        #"rules: [{ skip: true, codec: "\x9B31m" }]"#, #"rules: [{ skip: true, codec: "a\u202Eb\u2028c" }]"#,
        #"set: "a\nb"\#nrules: []"#, #"set: "a\x7F"\#nrules: []"#,
    ])
    func `No message has in it what would steer a terminal`(text: String) {
        let message = problems(of: text)
        #expect(!message.isEmpty)
        #expect(
            message.unicodeScalars.allSatisfy { scalar in
                ![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory) || scalar == "\n"
            }
        )
    }

    @Test func `No message repeats a long text`() {
        let long = String(repeating: "x", count: 5_000)
        for text in ["set: -\(long)\nrules: []", "rules: [{ skip: true, \(long): 1 }]", "rules: \(long)"] {
            #expect((1..<400).contains(problems(of: text).utf8.count))
        }
    }

    @Test func `The values at the limits are allowed, and those beyond are not`() {
        func check(_ member: String, isAllowed: Bool, effect: String = "skip: true") {
            let found = problems(of: "rules: [{ \(member), \(effect) }]")
            #expect(found.isEmpty == isAllowed, "\(member): \(found)")
        }
        func letters(_ count: Int) -> String { String(repeating: "x", count: count) }
        func windows(_ count: Int) -> String {
            let windows = repeatElement("\"mon 01:00-02:00\"", count: count).joined(separator: ", ")
            return "schedule: { time_zone: UTC, windows: [\(windows)] }"
        }
        for (member, isAllowed) in [
            ("priority: 1000000", true), ("priority: -1000000", true), ("priority: 1000001", false),
            ("priority: -1000001", false), ("bitrate: { min: 0 }", true), ("bitrate: { max: 2147483647 }", true),
            ("bitrate: { min: -1 }", false), ("bitrate: { max: 2147483648 }", false),
            ("bitrate: { min: 5, max: 5 }", true), ("bitrate: { min: 6, max: 5 }", false), ("percentage: 0", true),
            ("percentage: 100.00", true), ("percentage: 100.01", false), ("percentage: -1", false),
            ("percentage: 12.345", false), ("name: \(letters(100))", true), ("name: \(letters(101))", false),
            ("app: \(letters(255))", true), ("app: \(letters(256))", false), ("note: \(letters(1_000))", true),
            ("note: \(letters(1_001))", false), (windows(50), true), (windows(51), false),
            ("valid: { until: 9999-12-31T00:00:00Z }", true), ("valid: { until: 9999-12-31T00:00:01Z }", false),
            ("valid: { from: 1970-01-01T00:00:00Z }", true), ("valid: { from: 1969-12-31T23:59:59Z }", false),
        ] {
            check(member, isAllowed: isAllowed)
        }
        for (seconds, isAllowed) in [(4, false), (5, true), (21_600, true), (21_601, false)] {
            check("app: a", isAllowed: isAllowed, effect: "record: { intervals: { m3u8: \(seconds) } }")
        }
    }

    @Test func `A file of the greatest length is read`() throws {
        let rules = "rules: [{ skip: true }]\n#"
        let text = rules + String(repeating: "x", count: RuleFile.maximumLength - rules.utf8.count)
        #expect(text.utf8.count == RuleFile.maximumLength)
        #expect(try RuleFile(yaml: text).entries.count == 1)
        #expect(problems(of: text + "x").hasPrefix("1:1: the file has 16777217 bytes"))
    }

    @Test(arguments: ["[", "{ a: ", "- ", "? ", "{ ? "])
    func `Nesting ends somewhere, in whatever way it is written`(opening: String) {
        let text = String(repeating: opening, count: 100_000) + "x"
        #expect(problems(of: text).contains("Maximum nesting level reached"))
    }

    @Test(arguments: ["*a", "[*a]", "{ *a : b }", "<<: *a", "!x *a", "? *a"])
    func `An alias is refused, whatever it could stand for`(alias: String) {
        #expect(!problems(of: "rules: []\nset: \(alias)\n").isEmpty)
        #expect(problems(of: "x: &a [y]\nset: \(alias)\n").hasPrefix("1:4: there is an anchor"))
    }
}
