import DecisionCore

extension Draw {
    /// Moments on, before and after the minutes that the schedules drawn here begin and end with, before 1970 too.
    mutating func moment() -> Timestamp {
        let minute: Int64 = integer(0...2 * 7 * 24 * 4 - 1) * 15
        let week: Int64 = element([-2_000, -1, 0, 2_810])
        return Timestamp(millisecondsSinceEpoch: (week * 10_080 + minute) * 60_000 + element([-1, 0, 0, 1]))
    }

    /// Few values, so that rules are often about the event.
    mutating func event() -> StreamEvent {
        StreamEvent.example(
            domain: element(["test.com", "test.com", "live.test.com", "*"]),
            app: element(["live", "live", "lives", "日本"]),
            stream: element(["room-1", "room-1", "room-2", "room-1-vip", "a*b", "\u{E9}"]),
            bitrate: element([nil, 0, 999, 1_000, 2_000, 2_147_483_647]),
            codec: element([nil, .h264, .h265])
        )
    }

    /// What may be known when an event at that moment is decided.
    mutating func facts(at now: Timestamp) -> Facts {
        let count = once(in: 60) ? integer(95...130) : integer(0...12)
        let ids = shuffled(Array(Int64(-10)...250)).prefix(count)
        return Facts(
            revision: integer(0...Int64.max),
            rules: ids.map { rule(Rule.ID(rawValue: $0), near: now) },
            utcOffsets: ["UTC": 0, "Asia/Kolkata": 19_800, "America/St_Johns": -12_600].filter { _ in !once(in: 5) },
            reservation: once(in: 3) ? nil : reservation()
        )
    }

    /// A rule with any of the conditions; most are met, or two rules would seldom compete.
    mutating func rule(_ id: Rule.ID, near now: Timestamp) -> Rule {
        Rule(
            id: id,
            isEnabled: !once(in: 15),
            priority: element([-1, 0, 0, 0, 1]),
            domain: .written(element(["*", "*", "*", "**", "test.com", "*.com", "*test.com", "\\*"])),
            app: .written(element(["*", "*", "*", "live", "live*", "live?", "l*", "??"])),
            stream: .written(
                element(["*", "*", "*", "room-1", "room-*", "*-vip", "room-?", "a\\*b", "*\\**", "?", "\u{E9}"])
            ),
            codec: once(in: 6) ? element([.h264, .h265]) : nil,
            bitrate: once(in: 6) ? bitrateRange() : nil,
            validity: once(in: 4) ? validity(near: now) : .always,
            schedule: once(in: 4) ? schedule() : nil,
            share: once(in: 6) ? StreamShare(basisPoints: integer(0...10_000)) : nil,
            effect: once(in: 3) ? .skip : .record(plan()),
            quota: once(in: 3) ? element(["gold", "silver"]) : nil
        )
    }

    private mutating func bitrateRange() -> BitrateRange? {
        BitrateRange(minimum: element([nil, 0, 1_000]), maximum: element([nil, 1_000, 2_000, 2_147_483_647]))
    }

    private mutating func validity(near now: Timestamp) -> Validity {
        let from = element([nil, now.advanced(by: .milliseconds(integer(-2...1)))])
        let until = element([nil, now.advanced(by: .milliseconds(integer(0...2)))])
        return Validity(from: from, until: until) ?? .always
    }

    private mutating func schedule() -> WeeklySchedule? {
        let windows = (0..<integer(1...3)).compactMap { _ in
            WeeklySchedule.Window(
                days: Set(Weekday.allCases.filter { _ in once(in: 2) }),
                opens: integer(0...95) * 15,
                closes: integer(0...96) * 15
            )
        }
        let timeZone = element(["UTC", "Asia/Kolkata", "America/St_Johns", "Nowhere"])
        return WeeklySchedule(timeZone: timeZone, windows: windows)
    }

    private mutating func plan() -> RecordingPlan {
        element(
            [RecordingPlan.template, try? RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])].compactMap(\.self)
        )
    }

    private mutating func reservation() -> Reservation {
        Reservation(
            quota: element(["gold", "silver"]),
            state: element([.granted, .granted, .held, .denied, .assumed]),
            concurrent: once(in: 2) ? .init(used: 1, limit: 2) : nil
        )
    }
}
