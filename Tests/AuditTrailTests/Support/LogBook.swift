import Logging
import NIOConcurrencyHelpers

/// Keeps what is logged, a line each: the level, the message and the metadata by name.
struct LogBook: LogHandler {
    private let kept = NIOLockedValueBox<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    /// What was logged so far.
    var lines: [String] { kept.withLockedValue { $0 } }

    /// A logger that writes here.
    var logger: Logger { Logger(label: "tests") { _ in self } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
        let words = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        kept.withLockedValue { $0.append((["\(event.level)", "\(event.message)"] + words).joined(separator: " ")) }
    }
}
