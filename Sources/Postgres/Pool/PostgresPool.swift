internal import EventThread
public import Logging
internal import NIOConcurrencyHelpers

/// A few connections that many tasks share.
///
/// Connections are opened when they are needed, up to the pool's size, each with its own thread; one more thread keeps
/// the time. A lease that finds none free waits in line until its timeout. What comes back dirty (lost, in a
/// transaction, busy with a cancelled call, listening) is closed, never lent again.
///
/// A lost database costs one attempt to connect at a time, with a growing pause between them; leases wait for their
/// timeout and then fail with the last attempt's error. Errors that waiting does not heal fail them at once.
public final class PostgresPool: Sendable {
    typealias Machine = PoolMachine<PostgresConnection>

    struct State {
        var machine: Machine
        var lastLease: UInt64 = 0
        var leases: [UInt64: CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>] = [:]
        var closers: [CheckedContinuation<Void, Never>] = []
        var isDrained = false
    }

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    private let thread: EventThread
    private let timer: PoolTimer

    /// Opens nothing yet.
    ///
    /// - Parameter size: The most connections at a time, 1 or more.
    /// - Throws: ``PostgresError/Code/connectFailed`` when the process is out of threads or descriptors.
    public init(configuration: PostgresConfiguration, size: Int, logger: Logger) throws(PostgresError) {
        do {
            thread = try EventThread(name: "postgres-pool")
        } catch {
            throw PostgresError(.connectFailed, message: "no thread for the pool: \(error)")
        }
        self.configuration = configuration
        self.logger = logger
        state = NIOLockedValueBox(State(machine: Machine(size: size) { $0.isUsable }))
        timer = PoolTimer()
        timer.start(self, on: thread)
    }

    /// How many leases wait.
    package var waitingCount: Int { state.withLockedValue { $0.leases.count } }

    /// The ``PostgresConnection/taskExecutor`` of the connection that is lent next, if no other comes back before and it
    /// is not lost; nil while none is there.
    public var taskExecutor: (any TaskExecutor)? {
        state.withLockedValue { $0.machine.nextConnection?.taskExecutor }
    }

    /// Runs `body` with a connection that nobody else has meanwhile. Do not keep it afterwards.
    ///
    /// - Parameter timeout: How long to wait for a connection. The body is limited by its own calls' timeouts.
    /// - Throws: What `body` throws; when no connection could be had, the last error of connecting,
    ///   ``PostgresError/Code/timedOut``, ``PostgresError/Code/cancelled`` or ``PostgresError/Code/poolClosed``.
    public func withConnection<Value>(
        timeout: Duration,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await lease(timeout: timeout)
        do {
            let value = try await body(connection)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Lends nothing any more, and returns when all connections are back and closed.
    public func close() async {
        let actions = state.withLockedValue { $0.machine.close() }
        await run(actions)
        await withCheckedContinuation { continuation in
            let isDrained = state.withLockedValue { state in
                if !state.isDrained { state.closers.append(continuation) }
                return state.isDrained
            }
            if isDrained { continuation.resume() }
        }
    }

    private func lease(timeout: Duration) async throws(PostgresError) -> PostgresConnection {
        let (idle, lost) = state.withLockedValue { $0.machine.leaseIdle() }
        if !lost.isEmpty { Task { for connection in lost { await connection.close() } } }
        if let idle { return idle }
        let id = state.withLockedValue { state in
            state.lastLease += 1
            return state.lastLease
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = ContinuousClock.now
                let (actions, mustWait) = state.withLockedValue { state in
                    state.leases[id] = continuation
                    let actions = state.machine.lease(id, deadline: now + timeout, now: now)
                    return (actions, state.machine.nextTick != nil)
                }
                perform(actions)
                // The timer does not know of the new deadline.
                if mustWait { thread.wake() }
                // Cancelled before it was in line.
                if Task.isCancelled { withdraw(id) }
            }
        } onCancel: {
            withdraw(id)
        }
        return try result.get()
    }

    private func withdraw(_ id: UInt64) {
        let continuation = state.withLockedValue { state in
            state.machine.withdraw(id) ? state.leases.removeValue(forKey: id) : nil
        }
        continuation?.resume(
            returning: .failure(PostgresError(.cancelled, message: "the calling task was cancelled"))
        )
    }

    private func giveBack(_ connection: PostgresConnection) async {
        let isClean = await connection.isClean
        if connection.isUsable, !isClean {
            logger.warning("a connection came back to the pool in use or in a transaction; it is closed")
        }
        let actions = state.withLockedValue { state in
            state.machine.returned(connection, isClean: isClean, now: .now)
        }
        await run(actions)
    }

    func tick() -> Int32? {
        let now = ContinuousClock.now
        let (actions, next) = state.withLockedValue { state in
            (state.machine.tick(now), state.machine.nextTick)
        }
        perform(actions)
        return next.map { ($0 - now).pollTimeout }
    }

    /// For where nothing can be awaited.
    private func perform(_ actions: Machine.Actions) {
        if !actions.closes.isEmpty {
            Task {
                for connection in actions.closes { await connection.close() }
            }
        }
        settle(actions)
    }

    private func run(_ actions: Machine.Actions) async {
        for connection in actions.closes { await connection.close() }
        settle(actions)
    }

    private func settle(_ actions: Machine.Actions) {
        for (lease, connection) in actions.grants { answer(lease, .success(connection)) }
        for (lease, error) in actions.failures { answer(lease, .failure(error)) }
        for _ in 0..<actions.connects {
            Task { await self.connect() }
        }
        if actions.isDrained {
            let closers = state.withLockedValue { state in
                state.isDrained = true
                defer { state.closers.removeAll() }
                return state.closers
            }
            for closer in closers { closer.resume() }
        }
    }

    private func answer(_ lease: UInt64, _ result: Result<PostgresConnection, PostgresError>) {
        state.withLockedValue { $0.leases.removeValue(forKey: lease) }?.resume(returning: result)
    }

    private func connect() async {
        let actions: Machine.Actions
        do {
            let connection = try await PostgresConnection.connect(configuration, logger: logger)
            actions = state.withLockedValue { $0.machine.connected(connection, now: .now) }
        } catch {
            logger.debug("connecting to PostgreSQL failed", metadata: ["error": "\(error)"])
            actions = state.withLockedValue { $0.machine.connectFailed(error, now: .now) }
            // The timer does not know of the next attempt's time.
            thread.wake()
        }
        await run(actions)
    }
}
