public import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A process that a test has started, with what it prints.
///
/// Foundation's `Process` learns of a process's end through a socket that the servers started by it inherit, and so
/// never, for a script that starts a server. This one inherits nothing to anybody.
public final class ChildProcess: Sendable {
    private struct State {
        var text = ""
        var isTextComplete = false
        var isReadingStopped = false
        var status: Int32?
    }

    /// Its process id.
    public let processID: Int32

    /// Another process that is started before a pipe is marked as not to be inherited would keep the pipe open.
    private static let spawning = NIOLockedValueBox(())

    private let name: String
    private let output: FileHandle
    private let state = NIOLockedValueBox(State())

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - environment: Set on top of this process's own.
    ///   - input: The path of the file or terminal that it reads from.
    public init(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "/dev/null"
    ) throws {
        name = ([executable.lastPathComponent] + arguments).joined(separator: " ")
        let environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (process, reading) = try Self.spawning.withLockedValue { _ in
            var pipe: [Int32] = [0, 0]
            guard Glibc.pipe(&pipe) == 0 else { throw TestFailure("no pipe: \(String(cString: strerror(errno)))") }
            defer { close(pipe[1]) }
            for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            Self.keepSocketsToItself()
            let reading = FileHandle(fileDescriptor: pipe[0], closeOnDealloc: true)
            return (try Self.spawn([executable.path] + arguments, environment, input: input, output: pipe[1]), reading)
        }
        processID = process
        output = reading
        Thread.detachNewThread { [state] in Self.read(reading, into: state) }
        Thread.detachNewThread { [state, processID] in Self.waitForEnd(of: processID, into: state) }
    }

    /// SwiftNIO's sockets are inherited, and a server with a thousand of them has no descriptors left for files.
    private static func keepSocketsToItself() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in names.compactMap({ Int32($0) }) where descriptor > STDERR_FILENO {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    private static func spawn(
        _ arguments: [String],
        _ environment: [String: String],
        input: String,
        output: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY | O_NOCTTY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)

        // The threads of a concurrency runtime block signals, and a child would go on doing so.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        // A shell has what it runs in the background ignore Ctrl-C, and that is handed down, too.
        var allSignals = sigset_t()
        sigfillset(&allSignals)
        posix_spawnattr_setsigdefault(&attributes, &allSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argv + envp { free(string) } }
        var process = pid_t()
        let error = posix_spawn(&process, arguments[0], &actions, &attributes, argv, envp)
        guard error == 0 else { throw TestFailure("cannot start \(arguments[0]): \(String(cString: strerror(error)))") }
        return process
    }

    /// Reads until every process that can write is gone.
    private static func read(_ output: FileHandle, into state: NIOLockedValueBox<State>) {
        while true {
            let data = output.availableData
            let isOver = state.withLockedValue { state in
                state.text += String(decoding: data, as: UTF8.self)
                state.isTextComplete = data.isEmpty
                return data.isEmpty || state.isReadingStopped
            }
            if isOver { return }
        }
    }

    private static func waitForEnd(of process: pid_t, into state: NIOLockedValueBox<State>) {
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        // What the macros of wait(2) do: the low seven bits are the signal, the next byte is the exit code.
        let signal = status & 0x7F
        let result = signal == 0 ? (status >> 8) & 0xFF : -signal
        state.withLockedValue { $0.status = result }
    }

    deinit {
        signal(SIGKILL)
    }

    /// What it has printed on both of its outputs.
    public var text: String { state.withLockedValue { $0.text } }

    /// Its exit code, or the number of the signal that ended it, negated; nil while it runs.
    public var status: Int32? { state.withLockedValue { $0.status } }

    /// Whether nothing more is read of what it prints.
    private var isTextComplete: Bool { state.withLockedValue { $0.isTextComplete || $0.isReadingStopped } }

    /// From the next text on, reads nothing more of what it prints, and keeps the pipe open.
    public func stopReading() { state.withLockedValue { $0.isReadingStopped = true } }

    /// Sends it a signal.
    public func signal(_ number: Int32) {
        if status == nil { kill(processID, number) }
    }

    /// Waits until the process that was sent a SIGSTOP does nothing more, in any of its threads, or is gone.
    public static func waitUntilStopped(_ process: pid_t) async throws {
        try await eventually("process \(process) to stand still") {
            let folder = "/proc/\(process)/task"
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return threads.allSatisfy { thread in
                guard let status = try? String(contentsOfFile: "\(folder)/\(thread)/status", encoding: .utf8) else {
                    return true
                }
                return ["T", "Z", "X"].contains { status.contains("\nState:\t\($0)") }
            }
        }
    }

    /// Waits until it has ended.
    ///
    /// - Returns: As ``status``.
    @discardableResult
    public func wait(within limit: Duration = .seconds(30)) async throws -> Int32 {
        do {
            try await eventually("the end of \(name)", within: limit) { status != nil }
            // The last of what it printed may come after its end.
            try await eventually("all output of \(name)", within: limit) { isTextComplete }
        } catch {
            throw TestFailure("\(error), which printed: \(text)")
        }
        return status ?? 0
    }

    /// Waits until it has printed something.
    public func waitForText(_ wanted: String, within limit: Duration = .seconds(20)) async throws {
        do {
            try await eventually("\"\(wanted)\"", within: limit) { text.contains(wanted) || isTextComplete }
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
        return (try await child.wait(within: limit), child.text)
    }
}
