internal import DequeModule

/// The pure part of ``PostgresPool``: which connection goes to whom, when to open one, when to give up.
///
/// Connections are opened when somebody waits and fewer than `size` exist. While connecting fails, one attempt at a
/// time is made, and the time between attempts doubles from ``firstDelay`` to ``longestDelay``.
package struct PoolMachine<Connection: Sendable>: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package static var firstDelay: Duration { .milliseconds(100) }
    package static var longestDelay: Duration { .seconds(1) }

    /// What has to be done after an event, in this order.
    package struct Actions: Sendable {
        /// These waiting leases get these connections.
        package var grants: [(lease: UInt64, connection: Connection)] = []
        /// These waiting leases fail.
        package var failures: [(lease: UInt64, error: PostgresError)] = []
        /// These connections are to be closed.
        package var closes: [Connection] = []
        /// So many attempts to connect are to be started.
        package var connects = 0
        /// Nothing is left of a pool that was closed.
        package var isDrained = false
    }

    private struct Waiter {
        let lease: UInt64
        let deadline: Instant
    }

    private let size: Int
    private let isUsable: @Sendable (Connection) -> Bool
    /// The last one returned is the first to be lent again, so that the others may grow cold.
    private var idle: [Connection] = []
    private var leasedCount = 0
    private var connectingCount = 0
    private var waiters: Deque<Waiter> = []
    private var failedAttempts = 0
    private var retryTime: Instant?
    private var lastError: PostgresError?
    private var isClosed = false

    package init(size: Int, isUsable: @escaping @Sendable (Connection) -> Bool) {
        precondition(size > 0, "a pool needs room for a connection")
        self.size = size
        self.isUsable = isUsable
    }

    /// Somebody wants a connection.
    package mutating func lease(_ lease: UInt64, deadline: Instant, now: Instant) -> Actions {
        guard !isClosed else {
            var actions = Actions()
            actions.failures = [(lease, Self.closedError)]
            return actions
        }
        waiters.append(Waiter(lease: lease, deadline: deadline))
        return advance(now)
    }

    /// Somebody wants a connection, and one may be there.
    ///
    /// - Returns: What may be lent at once, and what turned out to be lost.
    package mutating func leaseIdle() -> (connection: Connection?, closes: [Connection]) {
        var closes: [Connection] = []
        while let connection = idle.popLast() {
            guard isUsable(connection) else {
                closes.append(connection)
                continue
            }
            leasedCount += 1
            return (connection, closes)
        }
        return (nil, closes)
    }

    /// A lease is not wanted any more. False if it has ended or got its connection.
    package mutating func withdraw(_ lease: UInt64) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.lease == lease }) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// A connection came back.
    ///
    /// - Parameter isClean: Whether the next one may have it.
    package mutating func returned(_ connection: Connection, isClean: Bool, now: Instant) -> Actions {
        leasedCount -= 1
        guard isClean, !isClosed else {
            var actions = advance(now)
            actions.closes.append(connection)
            return actions
        }
        idle.append(connection)
        return advance(now)
    }

    /// What is lent next, if nothing comes back and nothing is lost before.
    package var nextConnection: Connection? { idle.last(where: isUsable) }

    /// An attempt succeeded.
    package mutating func connected(_ connection: Connection, now: Instant) -> Actions {
        connectingCount -= 1
        failedAttempts = 0
        retryTime = nil
        lastError = nil
        guard !isClosed else {
            var actions = advance(now)
            actions.closes.append(connection)
            return actions
        }
        idle.append(connection)
        return advance(now)
    }

    /// An attempt failed.
    package mutating func connectFailed(_ error: PostgresError, now: Instant) -> Actions {
        connectingCount -= 1
        let delay = min(Self.longestDelay, Self.firstDelay * (1 << min(failedAttempts, 10)))
        failedAttempts += 1
        retryTime = now + delay
        lastError = error
        var actions = Actions()
        if !error.isRetriable, leasedCount == 0 {
            // Waiting does not make a wrong password right.
            actions.failures = waiters.map { ($0.lease, error) }
            waiters.removeAll()
        }
        actions.isDrained = isDrained
        return actions
    }

    /// Time has passed.
    package mutating func tick(_ now: Instant) -> Actions {
        var actions = Actions()
        waiters.removeAll { waiter in
            guard waiter.deadline <= now else { return false }
            actions.failures.append((waiter.lease, lastError ?? Self.busyError))
            return true
        }
        let more = advance(now)
        actions.grants = more.grants
        actions.closes = more.closes
        actions.connects = more.connects
        return actions
    }

    /// When ``tick(_:)`` is due; nil for not before something else happens.
    package var nextTick: Instant? {
        let deadline = waiters.lazy.map(\.deadline).min()
        guard let retryTime, !waiters.isEmpty, connectingCount == 0, room > 0 else { return deadline }
        return min(deadline ?? retryTime, retryTime)
    }

    /// The pool is closed: nobody gets a connection any more, and what is lent is closed when it comes back.
    package mutating func close() -> Actions {
        isClosed = true
        var actions = Actions()
        actions.failures = waiters.map { ($0.lease, Self.closedError) }
        waiters.removeAll()
        actions.closes = idle
        idle.removeAll()
        actions.isDrained = isDrained
        return actions
    }

    private var isDrained: Bool { isClosed && leasedCount == 0 && connectingCount == 0 }

    /// Lends what is idle to who waits longest, and opens what is missing.
    private mutating func advance(_ now: Instant) -> Actions {
        var actions = Actions()
        while !waiters.isEmpty {
            let (connection, lost) = leaseIdle()
            actions.closes += lost
            guard let connection else { break }
            actions.grants.append((waiters.removeFirst().lease, connection))
        }
        actions.connects = attemptsToStart(now)
        connectingCount += actions.connects
        actions.isDrained = isDrained
        return actions
    }

    /// How many more connections there may be.
    private var room: Int { size - idle.count - leasedCount - connectingCount }

    private func attemptsToStart(_ now: Instant) -> Int {
        let wanted = min(room, waiters.count - connectingCount)
        guard wanted > 0 else { return 0 }
        guard let retryTime else { return wanted }
        return now >= retryTime && connectingCount == 0 ? 1 : 0
    }

    private static var closedError: PostgresError {
        PostgresError(.poolClosed, message: "the pool is closed")
    }

    private static var busyError: PostgresError {
        PostgresError(.timedOut, message: "all connections of the pool are in use")
    }
}
