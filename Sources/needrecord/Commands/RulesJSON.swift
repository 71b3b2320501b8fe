import BusinessState
import DecisionCore
import Wire

extension JSONWriter {
    /// Writes an array's element that is a rule.
    mutating func element(_ rule: Rule, note: String? = nil, isShadow: Bool = false) {
        object { $0.members(of: rule, note: note, isShadow: isShadow) }
    }

    /// Writes what a rule is; what it does not demand is left out, and so is the id of one that has none yet.
    mutating func members(of rule: Rule, note: String? = nil, isShadow: Bool = false) {
        if rule.id.rawValue > 0 { member("id", rule.id.rawValue) }
        member("set", rule.set)
        if isShadow { member("shadow", true) }
        if let name = rule.name { member("name", name) }
        member("enabled", rule.isEnabled)
        member("priority", rule.priority)
        member("domain", rule.domain.text)
        member("app", rule.app.text)
        member("stream", rule.stream.text)
        conditions(of: rule)
        switch rule.effect {
        case .skip: member("effect", "skip")
        case .record(let plan):
            member("effect", "record")
            members(of: plan)
        }
        if let quota = rule.quota { member("quota", quota) }
        if let note { member("note", note) }
    }

    private mutating func conditions(of rule: Rule) {
        if let codec = rule.codec { member("codec", codec.rawValue) }
        if let minimum = rule.bitrate?.minimum { member("bitrate_min", minimum) }
        if let maximum = rule.bitrate?.maximum { member("bitrate_max", maximum) }
        if let from = rule.validity.from { member("valid_from", from.description) }
        if let until = rule.validity.until { member("valid_until", until.description) }
        if let schedule = rule.schedule {
            member("schedule", array: { for window in schedule.windows { $0.element(window.description) } })
            member("time_zone", schedule.timeZone)
        }
        if let share = rule.share { member("percentage", share.description) }
    }
}

/// Makes a JSON text of an object.
func jsonText(_ members: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    writer.object(members)
    return String(decoding: writer.bytes, as: UTF8.self)
}
