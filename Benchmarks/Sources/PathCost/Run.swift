import Foundation

/// What to run.
struct Command {
    let executable: String
    let arguments: [String]
}

/// A process that was started and ends by itself.
struct Run {
    private let command: Command
    private let process = Process()
    private let standardOutput = Pipe()

    /// Starts it.
    ///
    /// - Parameter environment: Added to that of this process.
    init(_ command: Command, environment: [String: String] = [:]) throws {
        self.command = command
        process.executableURL = URL(fileURLWithPath: command.executable)
        process.arguments = command.arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = standardOutput
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Waits for its end.
    ///
    /// - Returns: What it printed on standard output.
    /// - Throws: ``BenchmarkError`` when it fails, unless it may.
    func output(mayFail: Bool) throws -> Data {
        let data = standardOutput.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard mayFail || process.terminationStatus == 0 else {
            let line = ([command.executable] + command.arguments).joined(separator: " ")
            throw BenchmarkError("\(line): exit code \(process.terminationStatus)")
        }
        return data
    }
}
