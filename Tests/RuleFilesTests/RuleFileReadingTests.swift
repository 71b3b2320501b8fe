import DecisionCore
import RuleFiles
import Testing

@Suite struct RuleFileReadingTests {
    @Test func `Everything that a rule can say is read`() throws {
        let file = try RuleFile(
            yaml: """
                # What the product team decides.
                set: policies
                templates:
                  - { domain: live.example.com, formats: [mp4, flv] }
                  - app: "re*"
                    formats: [m3u8]
                rules:
                  - name: vip-rooms
                    domain: live.example.com
                    app: live
                    stream: "vip-*"
                    codec: h265
                    bitrate: { min: 1000, max: 8000 }
                    valid: { from: 2026-12-01T00:00:00Z, until: 2027-01-01T00:00:00+08:00 }
                    schedule: { time_zone: Asia/Shanghai, windows: ["mon-fri 09:00-18:00", "sat,sun 22:00-02:00"] }
                    percentage: 12.5
                    priority: -10
                    record: { formats: [flv, mp4], intervals: { mp4: 300 } }
                    quota: basic
                    enabled: false
                    note: why
                  - record: true
                  - stream: 007
                    skip: true
                """
        )
        #expect(file.set == "policies")
        #expect(
            file.templates == [
                StatedTemplate(domain: try .of("live.example.com"), formats: [.mp4, .flv]),
                StatedTemplate(app: try .of("re*"), formats: [.m3u8]),
            ]
        )
        let windows = ["mon-fri 09:00-18:00", "sat,sun 22:00-02:00"].compactMap(WeeklySchedule.Window.init)
        let vip = Rule(
            id: Rule.ID(rawValue: 1),
            set: "policies",
            name: "vip-rooms",
            isEnabled: false,
            priority: -10,
            domain: try .of("live.example.com"),
            app: try .of("live"),
            stream: try .of("vip-*"),
            codec: .h265,
            bitrate: BitrateRange(minimum: 1_000, maximum: 8_000),
            validity: try #require(Validity(from: .of("2026-12-01T00:00:00Z"), until: .of("2026-12-31T16:00:00Z"))),
            schedule: WeeklySchedule(timeZone: "Asia/Shanghai", windows: windows),
            share: StreamShare(basisPoints: 1_250),
            effect: .record(try RecordingPlan(formats: [.mp4, .flv], intervals: [.mp4: 300])),
            quota: "basic"
        )
        #expect(file.entries.count == 3)
        #expect(file.entries[0] == RuleEntry(rule: vip, note: "why", line: 8))
        #expect(file.entries[1].rule == Rule(id: Rule.ID(rawValue: 2), set: "policies", effect: .record(.template)))
        let skip = Rule(id: Rule.ID(rawValue: 3), set: "policies", stream: try .of("007"), effect: .skip)
        #expect(file.entries[2] == RuleEntry(rule: skip, line: 23))
    }

    @Test func `A file needs no more than rules`() throws {
        let file = try RuleFile(yaml: "rules: []")
        #expect(file == RuleFile(set: "default", templates: nil, entries: []))
    }

    @Test(arguments: ["true", "no", "null", "~", "1e3", "0x10", "2026-01-01", "<<", "=", "1_000"])
    func `A name is what is written, whatever it looks like`(name: String) throws {
        let file = try RuleFile(yaml: "rules: [{ stream: \(name), skip: true }]")
        #expect(file.entries[0].rule.stream.text == name)
    }

    @Test(arguments: [
        ("", "1:1: the file is empty; it needs a list of rules"),
        ("# nothing\n", "1:1: the file is empty; it needs a list of rules"),
        ("- rules", "1:1: a rule file is a list, not a mapping of set, templates, rules"),
        ("set: a", "1:1: rules is missing; write rules: [] for a set without rules"),
        ("rule: []\nrules: []", #"1:1: a rule file has no "rule"; there are set, templates, rules"#),
        ("rules: {}", "1:8: rules is a mapping, not a list of rules"),
        ("rules:", "1:7: rules is empty, not a list of rules"),
        ("set: a b\nrules: []", #"1:6: set is "a b", not 1 to 100 letters"#),
        ("rules: [x]", #"1:9: a rule is "x", not a mapping of name, domain"#),
        ("rules: [{}]", "1:9: a rule needs record or skip"),
        ("rules: [{ record: true, skip: true }]", "1:31: a rule has either record or skip, not both"),
        ("rules: [{ record: false }]", "to not record write skip: true"),
        ("rules: [{ record: yes }]", #"1:19: record is "yes", not true"#),
        ("rules: [{ record: \"true\" }]", "1:19: record is"),
        ("rules: [{ skip: false }]", "to record write record: true"),
        ("rules: [{ skip: true, quota: q }]", "1:30: quota does not go with skip"),
        ("rules: [{ skip: true, streem: a }]", #"1:23: a rule has no "streem"; there are name, domain, app, stream"#),
        ("rules: [{ skip: true, stream: }]", "stream is empty, not a name or a pattern"),
        ("rules: [{ skip: true, stream: '' }]", "stream is empty; * matches any name"),
        ("rules: [{ skip: true, stream: [a] }]", "stream is a list, not a name or a pattern"),
        (#"rules: [{ skip: true, stream: 'a\b' }]"#, #"stream has a backslash that is not before *, ? or \"#),
        (#"rules: [{ skip: true, stream: "a\tb" }]"#, "stream has a control character in it"),
        ("rules: [{ skip: true, stream: \(String(repeating: "é", count: 128)) }]", "stream is longer than 255 bytes"),
        ("rules: [{ skip: true, stream: *-vip }]", #"1:31: a text that begins with * must be in quotes"#),
        ("rules: [{ skip: true, stream: * }]", #"a text that begins with * must be in quotes"#),
        ("rules: [{ skip: true, codec: av1 }]", #"1:30: codec is "av1", not one of h264, h265"#),
        ("rules: [{ skip: true, bitrate: 5 }]", #"bitrate is "5", not a mapping of min, max"#),
        ("rules: [{ skip: true, bitrate: {} }]", "bitrate needs min, max or both"),
        ("rules: [{ skip: true, bitrate: { min: 2, max: 1 } }]", "the lowest bit rate is above the highest"),
        ("rules: [{ skip: true, bitrate: { min: fast } }]", #"min is "fast", not a whole number of kbit/s from 0 to"#),
        ("rules: [{ skip: true, bitrate: { min: 1.5 } }]", #"min is "1.5", not a whole number"#),
        ("rules: [{ skip: true, bitrate: { min: '5' } }]", #"min is "5", not a whole number"#),
        ("rules: [{ skip: true, bitrate: { max: 99999999999999999999 } }]", "max is"),
        ("rules: [{ skip: true, valid: {} }]", "valid needs from, until or both"),
        ("rules: [{ skip: true, valid: { from: 2026-12-01 } }]", #"from is "2026-12-01", not a time with its offset"#),
        ("rules: [{ skip: true, valid: { from: 2026-02-29T00:00:00Z } }]", "from is"),
        (
            "rules: [{ skip: true, valid: { from: 2026-12-01T00:00:00Z, until: 2026-12-01T00:00:00Z } }]",
            "valid ends before it begins"
        ),
        ("rules: [{ skip: true, schedule: { windows: [\"mon 01:00-02:00\"] } }]", "schedule needs a time_zone"),
        (
            "rules: [{ skip: true, schedule: { time_zone: CST, windows: [\"mon 01:00-02:00\"] } }]",
            #"time_zone is "CST", not an IANA name"#
        ),
        ("rules: [{ skip: true, schedule: { time_zone: UTC, windows: [] } }]", "a schedule has 1 to 50 windows"),
        (
            "rules: [{ skip: true, schedule: { time_zone: UTC, windows: [always] } }]",
            #"a window is "always", not hours"#
        ),
        ("rules: [{ skip: true, percentage: 100.5 }]", #"percentage is "100.5", not a number from 0 to 100"#),
        ("rules: [{ skip: true, percentage: 1.234 }]", "with up to two decimals"),
        ("rules: [{ skip: true, priority: 1000001 }]", "not a whole number from -1000000 to 1000000"),
        ("rules: [{ skip: true, enabled: maybe }]", #"enabled is "maybe", not true or false"#),
        ("rules: [{ skip: true, name: -x }]", #"name is "-x", not 1 to 100 letters"#),
        ("rules: [{ skip: true, note: \(String(repeating: "x", count: 1_001)) }]", "note is longer than 1000 bytes"),
        (#"rules: [{ skip: true, note: "a\0b" }]"#, "note has a NUL character"),
        ("rules: [{ record: { formats: [mp5] } }]", #"a format is "mp5", not one of mp4, flv, m3u8"#),
        ("rules: [{ record: { formats: [MP4] } }]", #"a format is "MP4""#),
        ("rules: [{ record: { formats: [] } }]", "formats is an empty list; leave it out"),
        ("rules: [{ record: { formats: [mp4, mp4] } }]", "formats has mp4 twice"),
        ("rules: [{ record: { intervals: { mp4: 4 } } }]", "not a whole number of seconds from 5 to 21600"),
        ("rules: [{ record: { intervals: { mp4: 21601 } } }]", "not a whole number of seconds from 5 to 21600"),
        ("rules: [{ record: { intervals: { ts: 30 } } }]", #"intervals has no "ts"; there are mp4, flv, m3u8"#),
        (
            "rules: [{ record: { formats: [flv], intervals: { mp4: 30 } } }]",
            "there is an interval for mp4, which is not among the formats to record"
        ),
        ("templates: [{ app: a }]\nrules: []", "a template needs its formats"),
        ("templates: [{ formats: [mp4] }, { formats: [flv] }]\nrules: []", "for this domain and app already"),
        ("rules: []\n---\nrules: []", "another document"),
        ("rules: [", "this is no YAML"),
        ("rules: [{ skip: true,, }]", "this is no YAML"),
        ("rules: [\u{1}]", "1:9: this is no YAML"),
    ])
    func `What is wrong is told with its place`(text: String, problem: String) {
        #expect(problems(of: text).contains(problem), "\(problems(of: text))")
    }

    @Test func `All that is wrong is told at once, from the top to the end`() {
        let text = """
            set: a b
            rules:
              - name: one
                stream: ""
                app: live
                app: vod
                record: true
              - name: one
                codec: av1
                bitrate: { min: x, min: y, max: z }
              - skip: true
                "note": a
                note: b
                priority: high
            """
        let lines = problems(of: text).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "1:6: set is \"a b\", not \(Label.spelling)",
                "4:13: stream is empty; * matches any name",
                "5:5: \"app\" is there twice",
                "8:5: a rule needs record or skip",
                "8:5: the rule in line 3 is called one too; a name is there once in a set",
                "9:12: codec is \"av1\", not one of h264, h265",
                "10:16: \"min\" is there twice",
                "10:29: min is \"y\", not a whole number of kbit/s from 0 to 2147483647",
                "10:37: max is \"z\", not a whole number of kbit/s from 0 to 2147483647",
                "12:5: \"note\" is there twice",
                "14:15: priority is \"high\", not a whole number from -1000000 to 1000000",
            ]
        )
    }

    @Test func `Problems are told in a form that editors jump to`() throws {
        let error = try #require(throws: RuleFileError.self) { try RuleFile(yaml: "rules: [{}]") }
        #expect(error.description(ofFile: "rules.yaml") == "rules.yaml:1:9: a rule needs record or skip")
    }

    @Test func `Anchors are refused before they can multiply`() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let alias = "*a\(level - 1)"
            bomb += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
        }
        bomb += "? *a11\n: x\n? *a11\n: y\n"
        #expect(problems(of: bomb).hasPrefix("1:5: there is an anchor"))
        #expect(problems(of: "x: [\"a\",&b c]").contains("there is an anchor"))
        #expect(problems(of: "rules: [{ skip: true, note: R&D & more, stream: \"\\x26a\" }]") == "")
    }

    @Test func `Deep nesting and long files are refused`() {
        let deep = "rules: " + String(repeating: "[", count: 200_000)
        #expect(problems(of: deep).contains("this is no YAML"))
        let keys = "rules:\n" + (0..<1_500).map { String(repeating: " ", count: $0 + 1) + "a:\n" }.joined()
        #expect(problems(of: keys).contains("this is no YAML"))
        let long = String(repeating: "#", count: RuleFile.maximumLength) + "\n"
        #expect(problems(of: long).contains("the file has 16777217 bytes; up to 16777216 are read"))
    }

    @Test func `What is not UTF-8 is refused`() {
        let error = #expect(throws: RuleFileError.self) { try RuleFile(yaml: [0x72, 0xFF]) }
        #expect(error?.description == "1:2: the file is not UTF-8")
    }
}
