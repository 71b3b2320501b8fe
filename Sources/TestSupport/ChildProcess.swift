public import Foundation
import NIOConcurrencyHelpers

/// A process that a test has started, with what it prints.
///
/// `@unchecked Sendable`: `Process` is used by its creator and for its thread-safe signals only; the text is locked.
public final class ChildProcess: @unchecked Sendable {
    private struct State {
        var text = ""
        var isTextComplete = false
        var status: Int32?
    }

    /// A process that is spawned while another thread makes a pipe inherits its ends, and then the pipe's reader sees no
    /// end before both processes have ended.
    private static let spawning = NIOLockedValueBox(())

    private let process = Process()
    private let state = NIOLockedValueBox(State())

    /// Starts `executable`.
    ///
    /// - Parameter environment: Set on top of this process's own.
    public init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.terminationHandler = { [state] process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            state.withLockedValue { $0.status = status }
        }
        try Self.spawning.withLockedValue { _ in
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let reading = output.fileHandleForReading
            Thread.detachNewThread { [state] in Self.read(reading, into: state) }
        }
    }

    /// Reads until every process that can write is gone.
    private static func read(_ output: FileHandle, into state: NIOLockedValueBox<State>) {
        while true {
            let data = output.availableData
            state.withLockedValue { state in
                state.text += String(decoding: data, as: UTF8.self)
                state.isTextComplete = data.isEmpty
            }
            if data.isEmpty { return }
        }
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
        try await eventually("the output of \(executable.lastPathComponent)") { child.state.withLockedValue { $0.isTextComplete } }
        return (status, child.text)
    }
}
