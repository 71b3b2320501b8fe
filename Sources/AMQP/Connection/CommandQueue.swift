internal import DequeModule
internal import EventThread
internal import NIOConcurrencyHelpers

/// The commands for one connection, in the order they were given.
final class CommandQueue: Sendable {
    private let commands = NIOLockedValueBox(Deque<Command>())
    private let thread: EventThread

    init(thread: EventThread) {
        self.thread = thread
    }

    func append(_ command: Command) {
        append { $0.append(command) }
    }

    /// Adds commands under the lock. The thread is woken by the first ones since it last took some, and not again.
    func append(_ body: (inout Deque<Command>) -> Void) {
        let wasEmpty = commands.withLockedValue { commands in
            defer { body(&commands) }
            return commands.isEmpty
        }
        if wasEmpty { thread.wake() }
    }

    /// Moves all commands to the end of `other`.
    func take(into other: inout Deque<Command>) {
        commands.withLockedValue { commands in
            if other.isEmpty {
                swap(&commands, &other)
            } else {
                other.append(contentsOf: commands)
                commands.removeAll(keepingCapacity: true)
            }
        }
    }
}
