import ArgumentParser
import DecisionCore
import RuleFiles

/// What a rule demands beside names.
struct RulesConditionOptions: ParsableArguments {
    @Option(help: "h264 or h265; any unless stated.")
    var codec: String?

    @Option(help: ArgumentHelp("The lowest video bit rate.", valueName: "kbit/s"))
    var bitrateMin: Int?

    @Option(help: ArgumentHelp("The highest video bit rate.", valueName: "kbit/s"))
    var bitrateMax: Int?

    @Option(help: ArgumentHelp("From when on the rule holds, such as 2026-12-01T08:00+08:00.", valueName: "time"))
    var validFrom: String?

    @Option(help: ArgumentHelp("Until when the rule holds.", valueName: "time"))
    var validUntil: String?

    @Option(
        help: ArgumentHelp("Hours of the week, such as 'mon-fri 09:00-18:00'; may be repeated.", valueName: "hours")
    )
    var schedule: [String] = []

    @Option(help: "The time zone of the hours, such as Asia/Shanghai.")
    var timeZone: String?

    @Option(help: "The share of the streams, 0 to 100 with up to two decimals: always the same ones.")
    var percentage: String?

    /// Puts the conditions into a rule.
    ///
    /// - Throws: `ValidationError`.
    func apply(to rule: inout Rule) throws {
        if let codec {
            guard let known = VideoCodec(rawValue: codec) else { throw ValidationError("--codec must be h264 or h265") }
            rule.codec = known
        }
        if bitrateMin != nil || bitrateMax != nil {
            guard let range = BitrateRange(minimum: bitrateMin, maximum: bitrateMax) else {
                throw ValidationError(
                    "--bitrate-min and --bitrate-max must be from 0 up, the lowest not above the highest"
                )
            }
            rule.bitrate = range
        }
        guard
            let validity = Validity(
                from: try time(validFrom, "--valid-from"),
                until: try time(validUntil, "--valid-until")
            )
        else { throw ValidationError("--valid-until must be after --valid-from") }
        rule.validity = validity
        rule.schedule = try weeklySchedule()
        if let percentage {
            guard let share = StreamShare(percentage) else {
                throw ValidationError("--percentage must be from 0 to 100 with up to two decimals")
            }
            rule.share = share
        }
    }

    private func time(_ text: String?, _ flag: String) throws -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(iso8601: text) else {
            throw ValidationError("\(flag) must be \(Timestamp.iso8601Spelling)")
        }
        return time
    }

    private func weeklySchedule() throws -> WeeklySchedule? {
        if schedule.isEmpty, timeZone == nil { return nil }
        guard let timeZone, !schedule.isEmpty else { throw ValidationError("--schedule and --time-zone go together") }
        guard TimeZoneName.isSpelled(timeZone) else {
            throw ValidationError("--time-zone must be \(TimeZoneName.spelling)")
        }
        let windows = try schedule.map { text in
            guard let window = WeeklySchedule.Window(text) else {
                throw ValidationError("--schedule '\(text)' is not like 'mon-fri 09:00-18:00'")
            }
            return window
        }
        guard let schedule = WeeklySchedule(timeZone: timeZone, windows: windows) else {
            throw ValidationError("--schedule may be given up to \(WeeklySchedule.maximumWindows) times")
        }
        return schedule
    }
}
