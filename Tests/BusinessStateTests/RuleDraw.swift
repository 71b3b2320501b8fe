import DecisionCore
import TestSupport

/// Rules and events that are drawn at random, and meet often.
struct RuleDraw {
    /// The quotas that rules name.
    static let quotas = ["basic", "pro"]
    static let timeZones = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]

    private static let parts = [
        "a", "b", "vip", "room-", "日", "🎥", "\u{E9}", "e\u{301}", "*", "?", "\\", "-", "{", "\"", "'", ",", " ",
    ]

    private var random: SeededGenerator
    /// The names that events have, and that patterns are made of.
    private var names: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        drawNames()
    }

    /// Takes other names from here on.
    mutating func drawNames() {
        names = (0..<8).map { _ in text(of: Self.parts, length: 1...6) }
    }

    mutating func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) -> Value {
        Value.random(in: range, using: &random)
    }

    /// True once in so many times.
    mutating func once(in times: Int) -> Bool { integer(1...times) == 1 }

    mutating func element<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }

    /// Some of the values, in their order.
    mutating func some<Value>(_ values: [Value]) -> [Value] { values.filter { _ in once(in: 2) } }

    /// A text of so many parts.
    mutating func text(of parts: [String], length: ClosedRange<Int>) -> String {
        (0..<integer(length)).map { _ in element(parts) }.joined()
    }

    mutating func event() -> StreamEvent {
        .of(
            domain: element(names),
            app: element(names),
            stream: element(names),
            bitrate: once(in: 3) ? nil : integer(0...4_000),
            codec: element([.h264, .h264, .h265, nil])
        )
    }

    /// A pattern of any shape; often one that matches one of the names.
    mutating func pattern() -> NamePattern {
        if once(in: 3) { return .any }
        if once(in: 8) {
            return .written(element(["**", "*x*", "?", "?*", "*?*", "*\\**", "\\\\*", "*a", "vip*", "*日*"]))
        }
        let name = element(names)
        if once(in: 3) { return .exact(name) }
        return .written(glob(from: Array(name.unicodeScalars)))
    }

    /// A name in which some characters became wildcards.
    private mutating func glob(from name: [Unicode.Scalar]) -> String {
        let kept = integer(0...name.count)
        let start = integer(0...(name.count - kept))
        var glob = start > 0 || once(in: 4) ? "*" : ""
        for scalar in name[start..<(start + kept)] {
            if once(in: 8) {
                glob += element(["?", "*", "**", "?*"])
            } else {
                glob += NamePattern.exact(String(scalar)).text
            }
        }
        return start + kept < name.count || glob.isEmpty || once(in: 4) ? glob + "*" : glob
    }

    /// A rule that the database will number, with any of the conditions.
    mutating func rule(around now: Timestamp) -> Rule {
        let effect: Rule.Effect = once(in: 2) ? .skip : .record(plan())
        return Rule(
            id: Rule.ID(rawValue: 0),
            isEnabled: !once(in: 8),
            priority: once(in: 3) ? integer(-1...1) : 0,
            domain: pattern(),
            app: pattern(),
            stream: pattern(),
            codec: once(in: 5) ? element([.h264, .h265]) : nil,
            bitrate: once(in: 5) ? bitrate() : nil,
            validity: once(in: 5) ? validity(around: now) : .always,
            schedule: once(in: 4) ? schedule() : nil,
            share: once(in: 6) ? StreamShare(basisPoints: integer(0...10_000)) : nil,
            effect: effect,
            quota: effect == .skip || !once(in: 3) ? nil : element(Self.quotas)
        )
    }

    private mutating func plan() -> RecordingPlan {
        let formats = some(RecordFormat.allCases)
        var intervals: [RecordFormat: Int] = [:]
        for format in formats.isEmpty ? RecordFormat.allCases : formats where once(in: 2) {
            intervals[format] = integer(RecordingPlan.intervalRange)
        }
        return (try? RecordingPlan(formats: formats, intervals: intervals)) ?? .template
    }

    private mutating func bitrate() -> BitrateRange? {
        let minimum = once(in: 3) ? nil : integer(0...3_000)
        let maximum = minimum != nil && once(in: 2) ? nil : integer((minimum ?? 0)...4_000)
        return BitrateRange(minimum: minimum, maximum: maximum)
    }

    private mutating func validity(around now: Timestamp) -> Validity {
        let from = once(in: 3) ? nil : now.advanced(by: .milliseconds(integer(-1_000...300)))
        let until = once(in: 3) ? nil : (from ?? now).advanced(by: .milliseconds(integer(1...1_000)))
        return Validity(from: from, until: until) ?? .always
    }

    mutating func schedule() -> WeeklySchedule {
        let windows = (0...integer(0...2)).map { _ in
            let opens = integer(0...1_439)
            let closes = (opens + integer(1...1_439)) % 1_440
            return WeeklySchedule.Window(days: Set(some(Weekday.allCases) + [.sunday]), opens: opens, closes: closes)!
        }
        return WeeklySchedule(timeZone: element(Self.timeZones), windows: windows)!
    }

    /// What a quota may say of a rule that names it, and what it would be a mistake to take for that.
    mutating func reservation() -> Reservation? {
        if once(in: 6) { return nil }
        return Reservation(quota: element(Self.quotas), state: element([.granted, .held, .denied, .assumed]))
    }
}
