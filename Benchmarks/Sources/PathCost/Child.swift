import Foundation
import Measuring

/// A process of the benchmark.
final class Child {
    let name: String
    private let process = Process()

    var clock: ProcessClock { ProcessClock(process: process.processIdentifier) }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - environment: Added to that of this process.
    ///   - log: Where what it prints is appended; nil for nowhere.
    init(
        _ name: String,
        _ executable: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        log: String? = nil
    ) throws {
        self.name = name
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var output = FileHandle.nullDevice
        if let log {
            if !FileManager.default.fileExists(atPath: log) {
                _ = FileManager.default.createFile(atPath: log, contents: nil)
            }
            output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            try output.seekToEnd()
        }
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Has it end in order.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// Runs a process to its end.
    ///
    /// - Returns: What it printed on standard output.
    /// - Throws: ``BenchmarkError`` when it fails.
    @discardableResult
    static func run(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        mayFail: Bool = false
    ) throws -> Data {
        let command = Command(executable: executable, arguments: arguments)
        return try Run(command, environment: environment).output(mayFail: mayFail)
    }

    /// Runs processes at the same time, each to its end, and lets them fail.
    ///
    /// - Returns: What each printed on standard output.
    static func runTogether(_ commands: [Command]) throws -> [Data] {
        let runs = try commands.map { try Run($0) }
        return try runs.map { try $0.output(mayFail: true) }
    }
}
