import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Postgres

struct RulesAddCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a rule; workers decide by it from the next callback on.",
        usage: """
            needrecord rules add --domain test.com --app test123 --stream '*' --record --format mp4 --interval mp4=300
            needrecord rules add --domain test.com --app private --skip
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

    @Option(help: "The play domain, or * for any.")
    var domain = "*"

    @Option(help: "The application, or * for any.")
    var app = "*"

    @Option(help: "The stream name, or * for any.")
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
        let connection = try await PostgresConnection.connect(settings.database(as: .operator), logger: logger)
        let (id, isNew): (Rule.ID, Bool)
        do {
            (id, isNew) = try await RuleStore(connection).add(rule, note: note, onlyIfAbsent: ifAbsent)
        } catch let error as PostgresError where error.sqlState == .checkViolation {
            throw Failure("the database refuses this rule: \(error.message)")
        }
        await connection.close()
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
        return Rule(
            id: Rule.ID(rawValue: 0),
            priority: priority,
            domain: try pattern(domain, "--domain"),
            app: try pattern(app, "--app"),
            stream: try pattern(stream, "--stream"),
            effect: effect == .record ? .record(plan) : .skip
        )
    }

    private func pattern(_ text: String, _ flag: String) throws -> NamePattern {
        guard (1...NamePattern.maximumLength).contains(text.utf8.count) else {
            throw ValidationError("\(flag) must be 1 to \(NamePattern.maximumLength) bytes long")
        }
        // A pattern language comes with its own meaning for these; taking them literally now would surprise later.
        guard text == "*" || !text.contains("*") else {
            throw ValidationError("\(flag) is an exact name or * alone; \(text) is neither")
        }
        return NamePattern(text)
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
