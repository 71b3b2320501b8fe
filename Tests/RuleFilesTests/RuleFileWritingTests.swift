import DecisionCore
import RuleFiles
import Testing

@Suite struct RuleFileWritingTests {
    @Test func `A file is written the way people write one`() throws {
        let rule = Rule(
            id: Rule.ID(rawValue: 9),
            set: "policies",
            name: "vip-rooms",
            isEnabled: false,
            priority: 10,
            domain: try .of("live.example.com"),
            stream: try .of("vip-*"),
            codec: .h264,
            bitrate: BitrateRange(minimum: 1_000, maximum: nil),
            validity: try #require(Validity(from: nil, until: .of("2027-01-01T00:00:00Z"))),
            schedule: WeeklySchedule(timeZone: "UTC", windows: [try #require(.init("mon-fri 09:00-18:00"))]),
            share: StreamShare(basisPoints: 1_250),
            effect: .record(try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])),
            quota: "basic"
        )
        let file = RuleFile(
            set: "policies",
            templates: [StatedTemplate(domain: try .of("live.example.com"), formats: [.mp4, .flv])],
            entries: [
                RuleEntry(rule: rule, note: "R&D, \"quoted\"\nand more"),
                RuleEntry(rule: Rule(id: Rule.ID(rawValue: 10), set: "policies", effect: .skip)),
            ]
        )
        #expect(
            file.text == #"""
                set: policies
                templates:
                  - domain: live.example.com
                    formats: [mp4, flv]
                rules:
                  - name: vip-rooms
                    domain: live.example.com
                    stream: "vip-*"
                    codec: h264
                    bitrate: { min: 1000 }
                    valid: { until: 2027-01-01T00:00:00.000Z }
                    schedule: { time_zone: UTC, windows: ["mon-fri 09:00-18:00"] }
                    percentage: 12.5
                    priority: 10
                    record: { formats: [mp4], intervals: { mp4: 300 } }
                    quota: basic
                    enabled: false
                    note: "R\x26D, \"quoted\"\nand more"
                  - skip: true

                """#
        )
        #expect(RuleFile(entries: []).text == "set: default\nrules: []\n")
    }

    @Test func `Whatever is written reads as it was`() throws {
        var random = SeededGenerator(seed: 7)
        for round in 0..<300 {
            let entries = (0..<Int.random(in: 0...8, using: &random)).map {
                RandomRules.entry($0, using: &random)
            }
            let file = RuleFile(set: "s", templates: round % 2 == 0 ? nil : [], entries: entries)
            var read = try RuleFile(yaml: file.text)
            for index in read.entries.indices { read.entries[index].line = nil }
            #expect(read == file, "\(file.text)")
            #expect(read.text == file.text)
        }
    }
}

/// Rules with anything in them.
private enum RandomRules {
    static let alphabet: [Unicode.Scalar] = [
        "a", "Z", "0", "-", "_", ".", "/", " ", "#", ":", ",", "[", "{", "&", "*", "?", "\\", "!", "|", ">", "'", "\"",
        "%", "@", "`", "é", "日", "🎥", "\u{2028}", "~",
    ]

    static func text(_ length: ClosedRange<Int>, using random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: length, using: &random) {
            text.unicodeScalars.append(alphabet.randomElement(using: &random) ?? "a")
        }
        return text
    }

    static func pattern(using random: inout SeededGenerator) -> NamePattern {
        NamePattern(text(1...6, using: &random)) ?? .exact(text(1...6, using: &random))
    }

    static func entry(_ index: Int, using random: inout SeededGenerator) -> RuleEntry {
        func chance() -> Bool { Bool.random(using: &random) }
        var rule = Rule(id: Rule.ID(rawValue: Int64(index + 1)), set: "s", effect: .skip)
        if chance() { rule.name = "n\(index)" }
        if chance() { rule.domain = pattern(using: &random) }
        if chance() { rule.app = pattern(using: &random) }
        if chance() { rule.stream = pattern(using: &random) }
        if chance() { rule.codec = VideoCodec.allCases.randomElement(using: &random) }
        if chance() { rule.bitrate = BitrateRange(minimum: chance() ? 5 : nil, maximum: 9) }
        if chance() {
            let from = Timestamp(millisecondsSinceEpoch: Int64.random(in: 0...253_402_214_399_999, using: &random))
            rule.validity = Validity(from: from, until: nil) ?? .always
        }
        if chance() {
            let window = WeeklySchedule.Window(days: [.monday, .sunday, .friday], opens: 1_320, closes: 120)
            rule.schedule = WeeklySchedule(timeZone: "Etc/GMT+5", windows: [window].compactMap(\.self))
        }
        if chance() { rule.share = StreamShare(basisPoints: Int.random(in: 0...10_000, using: &random)) }
        if chance() { rule.priority = Int.random(in: -9...9, using: &random) }
        if chance() { rule.isEnabled = false }
        if chance() {
            let plan = try? RecordingPlan(formats: chance() ? [.m3u8] : [], intervals: chance() ? [.m3u8: 60] : [:])
            rule.effect = .record(plan ?? .template)
            if chance() { rule.quota = "q-1" }
        }
        return RuleEntry(rule: rule, note: chance() ? text(1...20, using: &random) : "")
    }
}
