import DecisionCore
import RuleFiles

extension Draw {
    /// A file with anything in it that a file can say.
    mutating func file() -> RuleFile {
        let set = element([Rule.defaultSet, "policies", "no", "null", "0x1F", "a.b-c_d", "1e3"])
        let entries = (1...integer(1...7)).map { entry(id: Int64($0), set: set) }
        return RuleFile(set: set, templates: once(in: 2) ? nil : templates(), entries: once(in: 20) ? [] : entries)
    }

    private mutating func templates() -> [StatedTemplate] {
        // The index keeps two of them from being about the same.
        (0..<integer(0...3)).map { index in
            StatedTemplate(
                domain: once(in: 3) ? .exact("d\(index)") : NamePattern("d\(index)*") ?? .any,
                app: once(in: 2) ? .any : pattern(),
                formats: element([[.mp4], [.flv, .mp4], [.m3u8, .flv, .mp4]])
            )
        }
    }

    private mutating func entry(id: Int64, set: String) -> RuleEntry {
        var rule = Rule(id: Rule.ID(rawValue: id), set: set, effect: once(in: 3) ? .skip : .record(plan()))
        if once(in: 2) { rule.name = element(["vip", "no", "0", "1.5", "true", "x-y_z."]) + "\(id)" }
        if once(in: 2) { rule.domain = pattern() }
        if once(in: 2) { rule.app = pattern() }
        if once(in: 2) { rule.stream = pattern() }
        if once(in: 4) { rule.codec = element(VideoCodec.allCases) }
        if once(in: 4) { rule.bitrate = bitrate() }
        if once(in: 3) { rule.validity = validity() }
        if once(in: 3) { rule.schedule = schedule() }
        if once(in: 4) { rule.share = StreamShare(basisPoints: integer(0...10_000)) }
        if once(in: 3) {
            rule.priority = element([Rule.priorityRange.lowerBound, -1, 7, Rule.priorityRange.upperBound])
        }
        if once(in: 5) { rule.isEnabled = false }
        if case .record = rule.effect, once(in: 3) { rule.quota = element(["basic", "off", "2.0", "a_b"]) }
        return RuleEntry(
            rule: rule,
            note: once(in: 2) ? "" : element(["a", "\n", " ", "\""]) + text(of: Self.noteParts, length: 0...12)
        )
    }

    private static let nameParts = [
        "a", "Z", "0", "-", "_", ".", "/", " ", "#", " #", ":", ": ", ",", "[", "]", "{", "}", "&", "&a", "*", "?", "!",
        "|", ">", "'", "\"", "%", "@", "`", "~", "=", "<<", "\u{A0}", "\u{E9}", "e\u{301}", "\u{65E5}", "\u{1F3A5}",
        "\u{2028}", "\u{FEFF}", "\u{FFFE}", "\u{10FFFF}", "\u{E000}", "\u{202E}", "\u{F0000}",
    ]
    private static let noteParts =
        nameParts + ["\\", "\n", "\r\n", "\r", "\t", "\u{1}", "\u{1B}[31m", "\u{7F}", "\u{85}", "\u{9F}", "\\x41"]

    /// Escaped as a name, or with what wildcards its parts make.
    private mutating func pattern() -> NamePattern {
        // Foundation, which Yams reads texts with, leaves out a byte order mark that a text begins with.
        let text = element(["a", "-", "*", " ", "#", "%"]) + text(of: Self.nameParts, length: 0...6)
        return once(in: 2) ? .exact(text) : NamePattern(text) ?? .exact(text)
    }

    private mutating func plan() -> RecordingPlan {
        let formats = RecordFormat.allCases.filter { _ in once(in: 2) }
        let timed = (formats.isEmpty ? RecordFormat.allCases : formats).filter { _ in once(in: 2) }
        let range = RecordingPlan.intervalRange
        let intervals = timed.map {
            ($0, once(in: 4) ? element([range.lowerBound, range.upperBound]) : integer(range))
        }
        return (try? RecordingPlan(formats: formats, intervals: Dictionary(uniqueKeysWithValues: intervals)))
            ?? .template
    }

    private mutating func bitrate() -> BitrateRange? {
        let limits = BitrateRange.limits
        return element([
            BitrateRange(minimum: limits.lowerBound, maximum: nil),
            BitrateRange(minimum: nil, maximum: limits.upperBound),
            BitrateRange(minimum: integer(0...1_000), maximum: integer(1_000...9_000)),
        ])
    }

    private mutating func validity() -> Validity {
        let last: Int64 = 253_402_214_400_000
        let from = Timestamp(millisecondsSinceEpoch: integer(0...last - 1))
        let until = Timestamp(millisecondsSinceEpoch: integer(from.millisecondsSinceEpoch + 1...last))
        return element([
            Validity(from: from, until: nil), Validity(from: nil, until: until), Validity(from: from, until: until),
        ]) ?? .always
    }

    private mutating func schedule() -> WeeklySchedule? {
        let windows = (0..<integer(1...4)).compactMap { _ in
            WeeklySchedule.Window(
                days: Set(Weekday.allCases.filter { _ in once(in: 2) }),
                opens: integer(0...1_439),
                closes: element([0, 1_440, integer(0...1_440)])
            )
        }
        let zone = element([
            "UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+5",
        ])
        return WeeklySchedule(timeZone: zone, windows: windows)
    }
}
