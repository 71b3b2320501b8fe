internal import CLinux
internal import Glibc
internal import NIOConcurrencyHelpers

/// The thread's side of an ``EventThread``: it outlives the executor for as long as the thread needs to leave.
///
/// `@unchecked Sendable`: `state` is guarded by its lock; `executor` is written before the thread runs (`start`), and only
/// read afterwards.
@safe final class EventLoop: @unchecked Sendable {
    private struct State {
        var jobs: [Job] = []
        var isServiceRequested = false
        var isAsleep = false
        var isStopping = false
        weak var source: (any EventSource)?
    }

    /// A job, and as what the thread runs it.
    @safe private enum Job {
        /// Of an actor.
        case isolated(UnownedJob)
        /// Of a task that prefers the thread, as this executor.
        case preferring(UnownedJob, UnownedTaskExecutor)
    }

    /// At the end of the process OpenSSL would free what a thread that is just ending, or closing a connection, still
    /// uses. Nobody joins these threads, so it is left to the system.
    private static let keepOpenSSL: Void = clinux_keep_openssl_at_exit()

    let name: String
    private let wakeDescriptor: Int32
    private let state = NIOLockedValueBox(State())
    private let threadID = NIOLockedValueBox<pthread_t?>(nil)
    private var executor: UnownedSerialExecutor?

    init(name: String) throws(EventThreadError) {
        self.name = name
        wakeDescriptor = clinux_eventfd()
        guard wakeDescriptor >= 0 else {
            throw EventThreadError(operation: "eventfd", errorNumber: errno)
        }
    }

    deinit {
        close(wakeDescriptor)
    }

    /// The unowned executor is used for running jobs only, and whoever has a job has the executor too.
    func start(executor: UnownedSerialExecutor) throws(EventThreadError) {
        Self.keepOpenSSL
        unsafe self.executor = unsafe executor
        var handle = pthread_t()
        let context = unsafe Unmanaged.passRetained(self)
        let result = unsafe pthread_create(
            &handle,
            nil,
            { raw in
                unsafe Unmanaged<EventLoop>.fromOpaque(raw!).takeRetainedValue().run()
                return nil
            },
            context.toOpaque()
        )
        guard result == 0 else {
            unsafe context.release()
            throw EventThreadError(operation: "pthread_create", errorNumber: result)
        }
        pthread_detach(handle)
    }

    func stop() {
        change { $0.isStopping = true }
    }

    func attach(_ source: any EventSource) {
        change {
            $0.source = source
            $0.isServiceRequested = true
        }
    }

    func wake() {
        change { $0.isServiceRequested = true }
    }

    func enqueue(_ job: UnownedJob) {
        change { $0.jobs.append(.isolated(job)) }
    }

    /// The task executor is used for running the job only, and whoever has a job has the executor too.
    func enqueue(_ job: UnownedJob, preferring executor: UnownedTaskExecutor) {
        change { unsafe $0.jobs.append(.preferring(job, executor)) }
    }

    var isCurrentThread: Bool {
        threadID.withLockedValue { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    /// Changes the state and, if the thread sleeps, wakes it. Only the first change of a sleep writes to the eventfd.
    private func change(_ body: (inout State) -> Void) {
        // What is enqueued may drop the last reference before the descriptor is written.
        let keeper = unsafe Unmanaged.passRetained(self)
        defer { unsafe keeper.release() }
        let mustWake = state.withLockedValue { state in
            body(&state)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake {
            // Can only fail when the counter is full, and then the descriptor is readable already.
            _ = unsafe withUnsafeBytes(of: UInt64(1)) { unsafe write(wakeDescriptor, $0.baseAddress, $0.count) }
        }
    }

    private func run() {
        unsafe name.withCString { _ = unsafe clinux_name_this_thread($0) }
        threadID.withLockedValue { $0 = pthread_self() }
        var jobs: [Job] = []
        while true {
            jobs.removeAll(keepingCapacity: true)
            let isStopping = state.withLockedValue { state in
                swap(&jobs, &state.jobs)
                state.isServiceRequested = false
                return state.isStopping
            }
            if isStopping, jobs.isEmpty { return }
            for job in jobs { run(job) }
            let interest = serviceSource()
            let mayWait = state.withLockedValue { state in
                state.isAsleep = state.jobs.isEmpty && !state.isServiceRequested && !state.isStopping
                return state.isAsleep
            }
            if mayWait { wait(for: interest) }
        }
    }

    private func run(_ job: Job) {
        switch job {
        case .isolated(let job): unsafe job.runSynchronously(on: executor!)
        // It may call the actors of the thread without a switch.
        case .preferring(let job, let preferred):
            unsafe job.runSynchronously(isolatedTo: executor!, taskExecutor: preferred)
        }
    }

    /// A function of its own, so that the source is not kept alive during the wait.
    private func serviceSource() -> EventInterest {
        state.withLockedValue { $0.source }?.service() ?? .none
    }

    private func wait(for interest: EventInterest) {
        var events: Int16 = 0
        if interest.readable { events |= Int16(POLLIN) }
        if interest.writable { events |= Int16(POLLOUT) }
        var descriptors = (
            pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
            // poll(2) ignores an entry with a negative descriptor.
            pollfd(fd: interest.descriptor ?? -1, events: events, revents: 0)
        )
        unsafe withUnsafeMutablePointer(to: &descriptors) { tuple in
            unsafe tuple.withMemoryRebound(to: pollfd.self, capacity: 2) { pointer in
                // An interrupted wait is a wake like any other: the loop looks at everything again.
                _ = unsafe poll(pointer, 2, interest.timeoutMilliseconds ?? -1)
            }
        }
        if descriptors.0.revents != 0 {
            var count: UInt64 = 0
            _ = unsafe withUnsafeMutableBytes(of: &count) { unsafe read(wakeDescriptor, $0.baseAddress, $0.count) }
        }
        state.withLockedValue { $0.isAsleep = false }
    }
}
