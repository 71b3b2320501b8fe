import DecisionCore
import RuleFiles

/// A world of few names, rates and hours, so that rules meet often and all that can happen can be gone through.
enum SmallWorld {
    /// 2026-11-23T00:00:00Z, a Monday.
    static let start = Timestamp(millisecondsSinceEpoch: 1_795_392_000_000)
    static let names = names(upTo: 4)
    static let domains = ["d", "D"]
    static let bitrates = [nil, 0, 4, 5, 9, 10]
    static let codecs: [VideoCodec?] = [nil, .h264, .h265]
    /// The hours of two weeks, and of the day before.
    static let moments = (-24..<14 * 24).map(moment)

    /// So many hours after the start.
    static func moment(_ hours: Int) -> Timestamp { start.advanced(by: .seconds(hours * 3_600)) }

    /// One of the time zones that the rules name is not known.
    static let utcOffsets = ["UTC": 0, "Asia/Kolkata": 19_800]

    /// All names of up to so many times a and b, and two that look the same and are not.
    static func names(upTo length: Int) -> [String] {
        var names = ["\u{E9}", "e\u{301}"]
        var longest = [""]
        for _ in 0..<length {
            longest = longest.flatMap { [$0 + "a", $0 + "b"] }
            names += longest
        }
        return names
    }

    static func event(domain: String, app: String, stream: String, bitrate: Int?, codec: VideoCodec?) -> StreamEvent {
        StreamEvent(
            id: EventID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001),
            receivedAt: start,
            domain: domain,
            app: app,
            stream: stream,
            bitrate: bitrate,
            codec: codec
        )
    }
}

extension Draw {
    /// A set of rules, in no order of strength.
    mutating func smallRules(_ count: Int, timesAndShares: Bool = true) -> [RuleEntry] {
        (1...count).map { id in RuleEntry(rule: smallRule(Int64(id), timesAndShares: timesAndShares)) }
    }

    private mutating func smallRule(_ id: Int64, timesAndShares: Bool) -> Rule {
        var rule = Rule(id: Rule.ID(rawValue: id), effect: smallEffect())
        rule.isEnabled = !once(in: 15)
        rule.priority = element([0, 0, 0, 1])
        rule.domain = element([.any, .any, .any, .exact("d"), .exact("D")])
        rule.app = once(in: 2) ? .any : smallPattern()
        rule.stream = once(in: 4) ? .any : smallPattern()
        if once(in: 5) { rule.codec = element([.h264, .h265]) }
        if once(in: 5) {
            rule.bitrate = BitrateRange(minimum: element([nil, 0, 5]), maximum: element([nil, 5, 9, 10]))
        }
        if once(in: 5) { rule.validity = smallValidity() }
        if timesAndShares {
            if once(in: 5) { rule.schedule = smallSchedule() }
            if once(in: 5) { rule.share = StreamShare(basisPoints: element([0, 2_000, 5_000, 10_000])) }
        }
        if case .record = rule.effect, once(in: 4) { rule.quota = element(["q", "r"]) }
        return rule
    }

    /// Patterns of up to three letters and wildcards.
    private mutating func smallPattern() -> NamePattern {
        if once(in: 8) { return element([.exact("\u{E9}"), .exact("e\u{301}")]) }
        return NamePattern(text(of: ["a", "a", "b", "*", "*", "?"], length: 1...3)) ?? .any
    }

    private mutating func smallEffect() -> Rule.Effect {
        let plan = try? RecordingPlan(formats: [.mp4])
        return element([.skip, .record(.template), .record(plan ?? .template)])
    }

    private mutating func smallValidity() -> Validity {
        let moments = [nil] + [0, 1, 48, 200].map(SmallWorld.moment)
        return Validity(from: element(moments), until: element(moments)) ?? .always
    }

    private mutating func smallSchedule() -> WeeklySchedule? {
        let windows = [
            "mon-sun 00:00-24:00", "mon 00:00-12:00", "mon,tue 06:00-18:00", "mon-wed 22:00-02:00", "sun 20:00-04:00",
            "mon 12:00-00:00",
        ]
        return WeeklySchedule(
            timeZone: element(["UTC", "UTC", "Asia/Kolkata", "Antarctica/Troll"]),
            windows: (0..<integer(1...2)).compactMap { _ in WeeklySchedule.Window(element(windows)) }
        )
    }

    mutating func smallEvent() -> StreamEvent {
        SmallWorld.event(
            domain: element(SmallWorld.domains),
            app: element(SmallWorld.names),
            stream: element(SmallWorld.names),
            bitrate: element(SmallWorld.bitrates),
            codec: element(SmallWorld.codecs)
        )
    }
}
