internal import DecisionCore
internal import Yams

extension FieldReader {
    private static let ruleKeys = [
        "name", "domain", "app", "stream", "codec", "bitrate", "valid", "schedule", "percentage", "priority", "record",
        "skip", "quota", "enabled", "note",
    ]

    /// The longest note, in bytes.
    private static let maximumNoteLength = 1_000

    /// A rule; nil when it is no mapping. What is wrong in it keeps its default, so that the rest is read.
    mutating func entry(_ node: Node, set: String, id: Int) -> RuleEntry? {
        guard let members = members(of: node, "a rule", keys: Self.ruleKeys) else { return nil }
        var rule = Rule(id: Rule.ID(rawValue: Int64(id)), set: set, effect: effect(members, at: node))
        if let name = members["name"] { rule.name = label(name, "name") }
        if let domain = members["domain"] { rule.domain = pattern(domain, "domain") ?? .any }
        if let app = members["app"] { rule.app = pattern(app, "app") ?? .any }
        if let stream = members["stream"] { rule.stream = pattern(stream, "stream") ?? .any }
        if let codec = members["codec"] { rule.codec = choice(codec, "codec", of: VideoCodec.self) }
        if let bitrate = members["bitrate"] { rule.bitrate = self.bitrate(bitrate) }
        if let valid = members["valid"] { rule.validity = validity(valid) ?? .always }
        if let schedule = members["schedule"] { rule.schedule = self.schedule(schedule) }
        if let percentage = members["percentage"] { rule.share = share(percentage) }
        if let priority = members["priority"] {
            rule.priority = integer(priority, "priority", in: Rule.priorityRange) ?? 0
        }
        if let quota = members["quota"] {
            rule.quota = label(quota, "quota")
            if case .skip = rule.effect, members["skip"] != nil {
                fail(quota, "quota does not go with skip: nothing is recorded that could be charged")
            }
        }
        if let enabled = members["enabled"] { rule.isEnabled = flag(enabled, "enabled") ?? true }
        var entry = RuleEntry(rule: rule)
        if let note = members["note"] { entry.note = self.note(note) ?? "" }
        return entry
    }

    private mutating func effect(_ members: [String: Node], at node: Node) -> Rule.Effect {
        switch (members["record"], members["skip"]) {
        case (let record?, nil): return plan(record).map(Rule.Effect.record) ?? .skip
        case (nil, let skip?):
            if flag(skip, "skip") == false { fail(skip, "skip is false; to record write record: true") }
        case (nil, nil): fail(node, "a rule needs record or skip")
        case (_?, let skip?): fail(skip, "a rule has either record or skip, not both")
        }
        return .skip
    }

    private mutating func plan(_ node: Node) -> RecordingPlan? {
        guard node.mapping != nil else {
            let wanted = "record is \(Self.describe(node)), not true, and no mapping of formats, intervals"
            guard node.scalar?.style == .plain, node.scalar?.string == "true" else {
                fail(node, node.scalar?.string == "false" ? "\(wanted); to not record write skip: true" : wanted)
                return nil
            }
            return .template
        }
        guard let members = members(of: node, "record", keys: ["formats", "intervals"]) else { return nil }
        let formats = members["formats"].map { self.formats($0, "formats") } ?? []
        let intervals = members["intervals"].map { self.intervals($0) } ?? [:]
        guard let formats, let intervals else { return nil }
        do {
            return try RecordingPlan(formats: formats, intervals: intervals)
        } catch {
            fail(members["intervals"] ?? node, error.description)
            return nil
        }
    }

    private mutating func intervals(_ node: Node) -> [RecordFormat: Int]? {
        let keys = RecordFormat.allCases.map(\.rawValue)
        guard let members = members(of: node, "intervals", keys: keys) else { return nil }
        var intervals: [RecordFormat: Int] = [:]
        for format in RecordFormat.allCases {
            guard let value = members[format.rawValue] else { continue }
            let what = "the interval of \(format.rawValue)"
            intervals[format] = integer(value, what, in: RecordingPlan.intervalRange, unit: "seconds")
        }
        return intervals
    }

    private mutating func bitrate(_ node: Node) -> BitrateRange? {
        guard let members = members(of: node, "bitrate", keys: ["min", "max"]) else { return nil }
        let count = problems.count
        let minimum = members["min"].flatMap { integer($0, "min", in: BitrateRange.limits, unit: "kbit/s") }
        let maximum = members["max"].flatMap { integer($0, "max", in: BitrateRange.limits, unit: "kbit/s") }
        guard problems.count == count else { return nil }
        if let range = BitrateRange(minimum: minimum, maximum: maximum) { return range }
        fail(node, minimum == nil ? "bitrate needs min, max or both" : "the lowest bit rate is above the highest")
        return nil
    }

    private mutating func validity(_ node: Node) -> Validity? {
        guard let members = members(of: node, "valid", keys: ["from", "until"]) else { return nil }
        let count = problems.count
        let from = members["from"].flatMap { timestamp($0, "from") }
        let until = members["until"].flatMap { timestamp($0, "until") }
        guard problems.count == count else { return nil }
        guard from != nil || until != nil else {
            fail(node, "valid needs from, until or both")
            return nil
        }
        if let validity = Validity(from: from, until: until) { return validity }
        fail(node, "valid ends before it begins")
        return nil
    }

    private mutating func schedule(_ node: Node) -> WeeklySchedule? {
        guard let members = members(of: node, "schedule", keys: ["time_zone", "windows"]) else { return nil }
        guard let zone = members["time_zone"], let windows = members["windows"] else {
            fail(node, "schedule needs a time_zone and its windows")
            return nil
        }
        let count = problems.count
        let timeZone = text(zone, "time_zone", TimeZoneName.spelling)
        if let timeZone, !TimeZoneName.isSpelled(timeZone) {
            fail(zone, "time_zone is \(Self.describe(zone)), not \(TimeZoneName.spelling)")
        }
        let read = self.windows(windows)
        guard problems.count == count, let timeZone else { return nil }
        if let schedule = WeeklySchedule(timeZone: timeZone, windows: read) { return schedule }
        fail(windows, "a schedule has 1 to \(WeeklySchedule.maximumWindows) windows")
        return nil
    }

    private mutating func windows(_ node: Node) -> [WeeklySchedule.Window] {
        let example = #"hours of weekdays, such as "mon-fri 09:00-18:00" or "sat,sun 22:00-02:00""#
        var windows: [WeeklySchedule.Window] = []
        for element in elements(of: node, "windows", of: example) ?? [] {
            guard let text = text(element, "a window", example) else { continue }
            if let window = WeeklySchedule.Window(text) {
                windows.append(window)
            } else {
                fail(element, "a window is \(Self.describe(element)), not \(example)")
            }
        }
        return windows
    }

    private mutating func share(_ node: Node) -> StreamShare? {
        let wanted = "a number from 0 to 100 with up to two decimals"
        guard let text = text(node, "percentage", wanted) else { return nil }
        if let share = StreamShare(text) { return share }
        fail(node, "percentage is \(Self.describe(node)), not \(wanted)")
        return nil
    }

    private mutating func note(_ node: Node) -> String? {
        guard let text = text(node, "note") else { return nil }
        if text.utf8.count > Self.maximumNoteLength {
            fail(node, "note is longer than \(Self.maximumNoteLength) bytes")
        } else if text.utf8.contains(0) {
            fail(node, "note has a NUL character in it, which the database cannot store")
        } else {
            return text
        }
        return nil
    }
}
