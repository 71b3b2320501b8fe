import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import RuleFiles

struct RulesAddCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a rule; workers decide by it from the next callback on.",
        usage: """
            needrecord rules add --domain test.com --app test123 --stream '*' --record --format mp4 --interval mp4=300
            needrecord rules add --domain test.com --app private --skip
            needrecord rules add --app live --stream 'vip-*' --record --schedule 'mon-fri 09:00-18:00' \\
                --time-zone Asia/Shanghai --name vip-rooms
            """
    )

    enum Effect: String, EnumerableFlag {
        case record
        case skip

        static func help(for value: Effect) -> ArgumentHelp? {
            switch value {
            case .record: "Record what matches."
            case .skip: "Do not record what matches."
            }
        }
    }

    @Option(help: "The play domain: a name, or a pattern with * and ?.")
    var domain = "*"

    @Option(help: "The application: a name, or a pattern.")
    var app = "*"

    @Option(help: "The stream name, or a pattern.")
    var stream = "*"

    @Flag
    var effect: Effect

    @Option(
        name: .customLong("format"),
        help: "mp4, flv or m3u8; may be repeated. Narrows the platform's own formats; none keeps them."
    )
    var formats: [String] = []

    @Option(
        name: .customLong("interval"),
        help: ArgumentHelp("Seconds of one file, 5 to 21600; may be repeated.", valueName: "format=seconds")
    )
    var intervals: [String] = []

    @Option(
        parsing: .unconditional,  // Or -5 would be taken for a flag.
        help: "A higher one wins, however wide the rule; -1000000 to 1000000."
    )
    var priority = 0

    @OptionGroup var conditions: RulesConditionOptions

    @Option(help: "The quota that a recording is charged to.")
    var quota: String?

    @Option(help: "What to call the rule, once in its set.")
    var name: String?

    @OptionGroup var set: RulesSetOptions

    @Flag(help: "Add it switched off.")
    var disabled = false

    @Option(help: "For people; up to 1000 bytes.")
    var note = ""

    @Flag(help: "Add nothing when there is a rule already that demands and does the same.")
    var ifAbsent = false

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        _ = try rule()
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let rule = try rule()
        let (id, isNew) = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.add(rule, note: note, onlyIfAbsent: ifAbsent)
        }
        switch output {
        case .text: print(isNew ? "added rule \(id.rawValue)" : "rule \(id.rawValue) is the same")
        case .json: print("{\"id\":\(id.rawValue),\"added\":\(isNew)}")
        }
    }

    private func rule() throws -> Rule {
        let plan = try plan()
        if effect == .skip, plan != .template {
            throw ValidationError("--format and --interval say how to record; they do not go with --skip")
        }
        if effect == .skip, quota != nil { throw ValidationError("--quota does not go with --skip") }
        for (label, flag) in [(name, "--name"), (quota, "--quota")] {
            if let label, !Label.isSpelled(label) { throw ValidationError("\(flag) must be \(Label.spelling)") }
        }
        var rule = Rule(
            id: Rule.ID(rawValue: 0),
            set: set.ruleSet ?? Rule.defaultSet,
            name: name,
            isEnabled: !disabled,
            priority: priority,
            domain: try pattern(domain, "--domain"),
            app: try pattern(app, "--app"),
            stream: try pattern(stream, "--stream"),
            effect: effect == .record ? .record(plan) : .skip,
            quota: quota
        )
        try conditions.apply(to: &rule)
        return rule
    }

    private func pattern(_ text: String, _ flag: String) throws -> NamePattern {
        guard let pattern = NamePattern(text), NamePattern.fault(in: text) == nil else {
            throw ValidationError("\(flag) \(NamePattern.fault(in: text) ?? "is no pattern")")
        }
        return pattern
    }

    private func plan() throws -> RecordingPlan {
        let formats = try formats.map { try format($0, "--format \($0)") }
        var seconds: [RecordFormat: Int] = [:]
        for interval in intervals {
            let parts = interval.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[1]) else {
                throw ValidationError("--interval \(interval) is not like mp4=300")
            }
            let format = try format(String(parts[0]), "--interval \(interval)")
            guard seconds.updateValue(number, forKey: format) == nil else {
                throw ValidationError("--interval names \(format.rawValue) twice")
            }
        }
        do {
            return try RecordingPlan(formats: formats, intervals: seconds)
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func format(_ name: String, _ argument: String) throws -> RecordFormat {
        guard let format = RecordFormat(rawValue: name) else {
            throw ValidationError("\(argument): the formats are mp4, flv and m3u8")
        }
        return format
    }
}
