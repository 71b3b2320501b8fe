internal import CLinux
internal import Glibc
internal import NIOConcurrencyHelpers

/// One named thread that waits in `poll(2)` for a socket and for work, and runs the jobs of the actors pinned to it.
///
/// A C client library wants one thread that owns its connection, and that thread must sleep until either the socket
/// or the program has something for it. Neither the cooperative pool (a blocked thread there delays every task) nor
/// "try, then sleep" (latency up to the sleep) can host that. Here the connection is an actor whose executor is the
/// thread, and the thread waits for the socket and an `eventfd` at the same time.
///
/// Each turn of the loop runs, in this order:
/// 1. every job that was enqueued since the last turn;
/// 2. the source's ``EventSource/service()``, which does all that can be done without blocking;
/// 3. `poll(2)`, unless new jobs came meanwhile.
///
/// The order matters. A C library may have read ahead into its own buffer, where `poll` cannot see it, so the source
/// drains it before every wait. Work that arrives while a turn runs costs no system call: the `eventfd` is written
/// only when the thread is asleep, so under load jobs are taken in batches.
///
/// A task may prefer the thread, too, by an executor of ``makeTaskExecutor()``. It then talks with the actors of the
/// thread without waking anybody; what else it does keeps the socket waiting, so that should be little.
///
/// The thread ends when the last reference to the executor is gone, which is after the last job: an actor holds its
/// executor strongly, and a job holds its actor.
public final class EventThread: SerialExecutor {
    private let loop: EventLoop

    /// Starts the thread.
    ///
    /// - Parameter name: Shown by `ps -T` and debuggers; the kernel keeps its first 15 bytes.
    /// - Throws: ``EventThreadError`` when the process is out of descriptors or threads.
    public init(name: String) throws(EventThreadError) {
        loop = try EventLoop(name: name)
        try unsafe loop.start(executor: asUnownedSerialExecutor())
    }

    deinit {
        loop.stop()
    }

    /// The name given at start.
    public var name: String { loop.name }

    /// Makes `source` the one that is serviced and waited for. The thread keeps it weakly.
    ///
    /// The source is serviced in the same turn, so calling this from one of its own jobs needs no ``wake()``.
    public func attach(_ source: any EventSource) {
        loop.attach(source)
    }

    /// Makes the thread service its source soon, from any thread. Wakes that come close together are one.
    public func wake() {
        loop.wake()
    }

    /// Runs a job on the thread, in its turn.
    public func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job))
    }

    /// What an actor returns as its executor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Makes what tasks may prefer to run on the thread. The runtime takes two of them for different places, so one has to
    /// do for all tasks.
    ///
    /// It is not the thread itself, because jobs of actors have to be told from those of such tasks.
    public func makeTaskExecutor() -> any TaskExecutor {
        Tasks(thread: self, loop: loop)
    }

    private final class Tasks: TaskExecutor {
        /// Kept for as long as a task prefers it.
        private let thread: EventThread
        private let loop: EventLoop

        init(thread: EventThread, loop: EventLoop) {
            self.thread = thread
            self.loop = loop
        }

        func enqueue(_ job: consuming ExecutorJob) {
            unsafe loop.enqueue(UnownedJob(job), preferring: asUnownedTaskExecutor())
        }
    }

    /// Stops the program when the caller is not on the thread.
    public func checkIsolated() {
        precondition(loop.isCurrentThread, "not on the event thread \(name)")
    }

    /// Whether the caller is on the thread.
    public func isIsolatingCurrentContext() -> Bool? {
        loop.isCurrentThread
    }
}

/// What an ``EventThread`` waits for, and whom it calls.
public protocol EventSource: AnyObject, Sendable {
    /// Does everything that can be done without blocking, and says what to wait for next.
    ///
    /// Called on the thread only, after each batch of jobs, after each wait and before the next one, so it must be
    /// cheap when there is nothing to do.
    func service() -> EventInterest
}

/// What has to happen before a source is worth servicing again.
public struct EventInterest: Sendable, Equatable {
    /// The socket to watch; nil while there is none.
    public var descriptor: Int32?
    /// Wait until the socket can be read.
    public var readable: Bool
    /// Wait until the socket can be written.
    public var writable: Bool
    /// The longest time to wait, in milliseconds, rounded up by the caller; nil for no limit.
    public var timeoutMilliseconds: Int32?

    /// Wait for work only.
    public static let none = EventInterest()

    /// Describes a wait.
    public init(
        descriptor: Int32? = nil,
        readable: Bool = false,
        writable: Bool = false,
        timeoutMilliseconds: Int32? = nil
    ) {
        self.descriptor = descriptor
        self.readable = readable
        self.writable = writable
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// Why a thread could not be started.
public struct EventThreadError: Error, Equatable, CustomStringConvertible {
    /// The call that failed.
    public let operation: String
    /// Its `errno`.
    public let errorNumber: Int32

    /// The fault in words.
    public var description: String { "\(operation) failed with errno \(errorNumber)" }
}
