import DecisionCore
import Logging
import Wire

/// Writes each event as one line of JSON: `time`, `level`, `logger` and `message`, then the metadata in the order of their
/// names.
struct JSONLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()
    var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let stream: LogStream
    private let now: @Sendable () -> Timestamp

    init(label: String, stream: LogStream, now: @escaping @Sendable () -> Timestamp = CivilClock.now) {
        self.label = label
        self.stream = stream
        self.now = now
        metadataProvider = LoggingSystem.metadataProvider
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        for more in [metadataProvider?.get(), event.metadata].compactMap(\.self) {
            fields.merge(more) { _, new in new }
        }
        if let error = event.error { fields["error"] = "\(error)" }
        stream.write(Self.line(now(), event.level, label, event.message.description, fields))
    }

    static func line(
        _ time: Timestamp,
        _ level: Logger.Level,
        _ label: String,
        _ message: String,
        _ fields: Logger.Metadata = [:]
    ) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("time", time.description)
            writer.member("level", level.rawValue)
            writer.member("logger", label)
            writer.member("message", LogSecrets.hidden(in: message))
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                // A name twice in one object means whatever the reader likes.
                let name = ownNames.contains(name) ? "metadata_\(name)" : name
                writer.member(named: name, LogSecrets.hidden(in: value.description))
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static let ownNames: Set<String> = ["time", "level", "logger", "message"]
}

/// How lines of the log look.
enum LogFormat: String, CaseIterable {
    /// For a person at a terminal.
    case text
    /// For what collects logs.
    case json
}

extension LogFormat {
    /// A handler that writes so.
    func handler(label: String, stream: LogStream) -> any LogHandler {
        switch self {
        case .text: StreamLogHandler(label: label, stream: SecretHidingStream(stream: stream))
        case .json: JSONLogHandler(label: label, stream: stream)
        }
    }

    /// A line that no logger writes: why a command has failed, or that lines are left out.
    func line(_ message: String, level: Logger.Level) -> String {
        switch self {
        case .text: "needrecord: \(LogSecrets.hidden(in: message))\n"
        case .json: JSONLogHandler.line(CivilClock.now(), level, "needrecord", message)
        }
    }
}

/// Hides secrets in what goes to the log.
private struct SecretHidingStream: TextOutputStream, Sendable {
    let stream: LogStream

    func write(_ line: String) {
        stream.write(LogSecrets.hidden(in: line))
    }
}
