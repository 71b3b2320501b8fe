import ArgumentParser
import BusinessState
import Glibc
import Logging
import Postgres

/// What every command does around its work: read the settings, set up logging, turn errors into messages and codes.
protocol Command: AsyncParsableCommand {
    var settings: SettingsOptions { get }

    /// What flags of the command itself set.
    var flags: [Setting: String] { get }

    /// Does the work.
    func run(_ settings: Settings, logger: Logger) async throws
}

extension Command {
    var flags: [Setting: String] { [:] }

    func run() async throws {
        let log = LogStream.standardError
        defer { log.flush(within: .seconds(1)) }
        // Over the log, so that it comes after what was logged, and waits for nobody either.
        func fail(_ message: String, code: ExitCode = .failure) -> ExitCode {
            log.write(log.format.line(message, level: .critical))
            return code
        }
        do {
            let settings = try settings.settings(adding: flags)
            log.format = settings.logFormat
            LoggingSystem.bootstrap { settings.logFormat.handler(label: $0, stream: log) }
            var logger = Logger(label: "needrecord")
            logger.logLevel = settings.logLevel
            try await run(settings, logger: logger)
        } catch let error as SettingError {
            throw fail(error.description, code: .configuration)
        } catch let error as PostgresError {
            throw fail("the database: \(String(reflecting: error))")
        } catch let error as MigrationError {
            throw fail(error.description)
        } catch let error as RuleStoreError {
            throw fail(error.description)
        } catch let error as Failure {
            throw fail(error.description)
        }
    }
}

extension ExitCode {
    /// A setting that cannot be used (EX_CONFIG of sysexits.h).
    static let configuration = ExitCode(78)
}

/// A failure with a message for a person.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// How a command prints its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// Prints a line on standard error.
func printError(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
