public import Foundation
import NIOConcurrencyHelpers

/// A process that a test has started, with what it prints.
///
/// `@unchecked Sendable`: `Process` is used by its creator and for its thread-safe signals only; the text is locked.
public final class ChildProcess: @unchecked Sendable {
    private struct State {
        var text = ""
        var status: Int32?
    }

    private let process = Process()
    private let state = NIOLockedValueBox(State())

    /// Starts `executable`.
    ///
    /// - Parameter environment: Set on top of this process's own.
    public init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        output.fileHandleForReading.readabilityHandler = { [state] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            state.withLockedValue { $0.text += String(decoding: data, as: UTF8.self) }
        }
        process.terminationHandler = { [state] process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            state.withLockedValue { $0.status = status }
        }
        try process.run()
    }

    deinit {
        if status == nil { kill(process.processIdentifier, SIGKILL) }
    }

    /// What it has printed on both of its outputs.
    public var text: String { state.withLockedValue { $0.text } }

    /// Its exit code, or the number of the signal that ended it, negated; nil while it runs.
    public var status: Int32? { state.withLockedValue { $0.status } }

    /// Its process id.
    public var processID: Int32 { process.processIdentifier }

    /// Sends it a signal.
    public func signal(_ number: Int32) {
        if status == nil { kill(process.processIdentifier, number) }
    }

    /// Waits until it has ended.
    ///
    /// - Returns: As ``status``.
    @discardableResult
    public func wait(within limit: Duration = .seconds(30)) async throws -> Int32 {
        try await eventually("the end of \(process.arguments ?? []), which printed: \(text)", within: limit) {
            status != nil
        }
        return status ?? 0
    }

    /// Waits until it has printed something.
    public func waitForText(_ wanted: String, within limit: Duration = .seconds(20)) async throws {
        do {
            try await eventually("\"\(wanted)\"", within: limit) { text.contains(wanted) || status != nil }
        } catch {
            throw TestFailure("\(error) in: \(text)")
        }
        guard text.contains(wanted) else { throw TestFailure("no \"\(wanted)\" in: \(text)") }
    }

    /// Runs a process to its end.
    public static func run(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> (status: Int32, text: String) {
        let child = try ChildProcess(executable, arguments, environment: environment)
        let status = try await child.wait(within: limit)
        // The last of the output may come after the end.
        try await eventually("the output of \(executable.lastPathComponent)") { child.isOutputComplete }
        return (status, child.text)
    }

    private var isOutputComplete: Bool {
        (process.standardOutput as? Pipe)?.fileHandleForReading.readabilityHandler == nil
    }
}
