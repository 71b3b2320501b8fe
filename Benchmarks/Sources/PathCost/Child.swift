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
                FileManager.default.createFile(atPath: log, contents: nil)
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
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard mayFail || process.terminationStatus == 0 else {
            throw BenchmarkError(
                "\(executable) \(arguments.joined(separator: " ")): exit code \(process.terminationStatus)"
            )
        }
        return data
    }
}

/// Why there is nothing to measure.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
